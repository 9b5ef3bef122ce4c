//! The commands that we use, each as a plain function.

use base64::Engine as _;
use chromiumoxide::cdp::browser_protocol::browser::CloseParams;
use chromiumoxide::cdp::browser_protocol::dom::{
    BackendNodeId, DescribeNodeParams, ResolveNodeParams, SetFileInputFilesParams, ShadowRootType,
};
use chromiumoxide::cdp::browser_protocol::dom_debugger::GetEventListenersParams;
use chromiumoxide::cdp::browser_protocol::emulation::SetFocusEmulationEnabledParams;
use chromiumoxide::cdp::browser_protocol::network::EnableParams as NetworkEnable;
use chromiumoxide::cdp::browser_protocol::page::{
    AddScriptToEvaluateOnNewDocumentParams, BringToFrontParams, CaptureScreenshotFormat, CaptureScreenshotParams,
    CreateIsolatedWorldParams, EnableParams as PageEnable, FrameId, GetNavigationHistoryParams, HandleJavaScriptDialogParams,
    NavigateParams, NavigateToHistoryEntryParams, ReloadParams, SetInterceptFileChooserDialogParams,
};
use chromiumoxide::cdp::browser_protocol::target::{CloseTargetParams, SetAutoAttachParams, SetDiscoverTargetsParams};
use chromiumoxide::cdp::js_protocol::runtime::{
    AddBindingParams, CallArgument, CallFunctionOnParams, EnableParams as RuntimeEnable, EvaluateParams, EvaluateReturns, ExceptionDetails,
    ExecutionContextId, GetPropertiesParams, ReleaseObjectGroupParams, RemoteObjectId, RunIfWaitingForDebuggerParams,
    TerminateExecutionParams,
};
use futures::future::join_all;
use serde_json::Value;

use super::complaints::{CHANNEL, script};
use super::connection::{CallError, Connection, Until};
use super::emulate::{Disguise, Hands, metrics};
use crate::browser::page::SCRIPT;

/// The name of our isolated world in every document.
const WORLD: &str = "handiwork";
/// The name by which it tells what a person does.
const TELL: &str = "__tell";

/// Size of a page, in CSS pixels.
pub(crate) type Viewport = (u32, u32);

/// Where a tab has been.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) current: usize,
    pub(crate) entries: Vec<(i64, String)>,
}

/// Asks for all tabs, now and later; a new one waits until we are ready for it.
pub(crate) async fn auto_attach(connection: &Connection, until: Until) -> Result<(), CallError> {
    connection.call(None, &SetDiscoverTargetsParams::new(true), until).await?;
    let mut attach = SetAutoAttachParams::new(true, true);
    attach.flatten = Some(true);
    connection.call(None, &attach, until).await?;
    Ok(())
}

/// Closes a tab.
pub(crate) async fn close_tab(connection: &Connection, target: &str, until: Until) -> Result<(), CallError> {
    connection.call(None, &CloseTargetParams::new(target.to_owned()), until).await.map(|_| ())
}

/// The same without waiting for it.
pub(crate) fn drop_tab(connection: &Connection, target: &str) {
    connection.tell(None, &CloseTargetParams::new(target.to_owned()));
}

/// Asks the browser to end; it may be too busy to hear.
pub(crate) fn close_browser(connection: &Connection) {
    connection.tell(None, &CloseParams::default());
}

/// One tab's end of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) id: String,
}

impl Session {
    /// Switches on what we listen to, and lets the page run.
    pub(crate) fn set_up(&self, viewport: Viewport, disguise: &Disguise) {
        let to = |command: &dyn Fn(&Connection, &str)| command(&self.connection, &self.id);
        to(&|c, s| c.tell(Some(s), &PageEnable::default()));
        to(&|c, s| c.tell(Some(s), &NetworkEnable::default()));
        self.emulate(disguise);
        if disguise.hands != Hands::Ours {
            self.record(disguise);
            self.follow_frames();
            self.run();
            return;
        }
        to(&|c, s| c.tell(Some(s), &metrics(viewport, &disguise.emulation)));
        // Without this only the tab in front believes that it has the focus.
        to(&|c, s| c.tell(Some(s), &SetFocusEmulationEnabledParams::new(true)));
        let mut chooser = SetInterceptFileChooserDialogParams::new(true);
        // The page is told that nothing was chosen; a file comes by an upload action.
        chooser.cancel = Some(true);
        to(&|c, s| c.tell(Some(s), &chooser));
        self.hear_complaints();
        self.bring_script();
        self.follow_frames();
        self.run();
    }

    /// The same for a frame of another site, which has a session of its own.
    pub(crate) fn set_up_frame(&self, disguise: &Disguise) {
        self.connection.tell(Some(&self.id), &PageEnable::default());
        self.connection.tell(Some(&self.id), &NetworkEnable::default());
        self.emulate(disguise);
        self.hear_complaints();
        self.bring_script();
        if disguise.hands == Hands::Recorded {
            self.tell_deeds();
        }
        self.follow_frames();
        self.run();
    }

    /// A worker, which has no page: only what it asks servers for is of interest.
    pub(crate) fn set_up_worker(&self, disguise: &Disguise) {
        if !disguise.emulation.headers.is_empty() {
            // Without it they are not sent.
            self.connection.tell(Some(&self.id), &NetworkEnable::default());
        }
        self.emulate_requests(disguise);
        self.emulate_clock(&disguise.emulation);
        self.run();
    }

    /// Has each new document pass on what it complains of.
    fn hear_complaints(&self) {
        self.connection.tell(Some(&self.id), &AddScriptToEvaluateOnNewDocumentParams::new(script()));
    }

    /// Has our script ready in our world of each new document.
    fn bring_script(&self) {
        let mut ready = AddScriptToEvaluateOnNewDocumentParams::new(format!("globalThis.__make={SCRIPT}"));
        ready.world_name = Some(WORLD.to_owned());
        self.connection.tell(Some(&self.id), &ready);
    }

    /// Has what a person does told, if it is to be recorded.
    fn record(&self, disguise: &Disguise) {
        if disguise.hands == Hands::Recorded {
            self.bring_script();
            self.tell_deeds();
        }
    }

    /// Has each new document tell what is done in it. The page knows nothing of it: it is told from our world.
    fn tell_deeds(&self) {
        // Without it a new document gets no such function.
        self.connection.tell(Some(&self.id), &RuntimeEnable::default());
        let mut telling = AddBindingParams::new(TELL);
        telling.execution_context_name = Some(WORLD.to_owned());
        self.connection.tell(Some(&self.id), &telling);
        let install = format!(
            "(globalThis.__hands ??= globalThis.__make('r' + Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join(''), \
             {:?})).record((told) => globalThis.{TELL}(told))",
            CHANNEL.as_str()
        );
        let mut each = AddScriptToEvaluateOnNewDocumentParams::new(install);
        each.world_name = Some(WORLD.to_owned());
        self.connection.tell(Some(&self.id), &each);
    }

    /// Asks for the frames of other sites below this one, now and later.
    fn follow_frames(&self) {
        let mut attach = SetAutoAttachParams::new(true, true);
        attach.flatten = Some(true);
        self.connection.tell(Some(&self.id), &attach);
    }

    /// Lets a target run that was held at its start.
    pub(crate) fn run(&self) {
        self.connection.tell(Some(&self.id), &RunIfWaitingForDebuggerParams::default());
    }

    /// The context of our isolated world in a frame, made if there is none.
    pub(crate) async fn world(&self, frame: &str, until: Until) -> Result<i64, CallError> {
        let mut command = CreateIsolatedWorldParams::new(FrameId::new(frame));
        command.world_name = Some(WORLD.to_owned());
        let made = self.connection.call(Some(&self.id), &command, until).await?;
        Ok(*made.execution_context_id.inner())
    }

    /// The value of an expression, awaited if it is a promise.
    pub(crate) async fn evaluate(&self, context: i64, expression: String, until: Until) -> Result<Value, CallError> {
        let mut command = EvaluateParams::new(expression);
        command.context_id = Some(ExecutionContextId::new(context));
        command.return_by_value = Some(true);
        command.await_promise = Some(true);
        command.silent = Some(true);
        let EvaluateReturns { result, exception_details, .. } = self.connection.call(Some(&self.id), &command, until).await?;
        match exception_details {
            Some(thrown) => Err(CallError::Remote(explain(&thrown))),
            None => Ok(result.value.unwrap_or(Value::Null)),
        }
    }

    /// A handle on the object that an expression gives, if it gives one.
    async fn object(&self, context: i64, expression: String, until: Until) -> Result<Option<RemoteObjectId>, CallError> {
        let mut command = EvaluateParams::new(expression);
        command.context_id = Some(ExecutionContextId::new(context));
        command.silent = Some(true);
        command.object_group = Some(WORLD.to_owned());
        let EvaluateReturns { result, exception_details, .. } = self.connection.call(Some(&self.id), &command, until).await?;
        match exception_details {
            Some(thrown) => Err(CallError::Remote(explain(&thrown))),
            None => Ok(result.object_id),
        }
    }

    /// Gives files to the upload field that an expression gives. False if it gives none.
    pub(crate) async fn set_files(&self, context: i64, expression: String, files: Vec<String>, until: Until) -> Result<bool, CallError> {
        let Some(object) = self.object(context, expression, until).await? else { return Ok(false) };
        let mut command = SetFileInputFilesParams::new(files);
        command.object_id = Some(object);
        self.connection.call(Some(&self.id), &command, until).await?;
        Ok(true)
    }

    /// Calls `function` (source of a JS function) with a node that the browser named by number, and gives what it returns.
    pub(crate) async fn with_node(&self, context: i64, node: i64, function: &str, until: Until) -> Result<Value, CallError> {
        let resolve = ResolveNodeParams {
            backend_node_id: Some(BackendNodeId::new(node)),
            execution_context_id: Some(ExecutionContextId::new(context)),
            object_group: Some(WORLD.to_owned()),
            ..ResolveNodeParams::default()
        };
        let Some(object) = self.connection.call(Some(&self.id), &resolve, until).await?.object.object_id else { return Ok(Value::Null) };
        let mut call = CallFunctionOnParams::new(function);
        call.execution_context_id = Some(ExecutionContextId::new(context));
        call.arguments = Some(vec![CallArgument { object_id: Some(object), ..CallArgument::default() }]);
        call.return_by_value = Some(true);
        let answer = self.connection.call(Some(&self.id), &call, until).await?;
        Ok(answer.result.value.unwrap_or(Value::Null))
    }

    /// Id of the frame in the element that an expression gives.
    pub(crate) async fn frame_in(&self, context: i64, expression: String, until: Until) -> Result<Option<String>, CallError> {
        let Some(object) = self.object(context, expression, until).await? else { return Ok(None) };
        let describe = DescribeNodeParams { object_id: Some(object), depth: Some(0), ..DescribeNodeParams::default() };
        let answer = self.connection.call(Some(&self.id), &describe, until).await?;
        Ok(answer.node.frame_id.map(|frame| frame.inner().clone()))
    }

    /// The browser's numbers of the closed shadow roots of the elements in the array that an expression gives.
    pub(crate) async fn closed_roots(&self, context: i64, expression: String, until: Until) -> Result<Vec<i64>, CallError> {
        let Some(array) = self.object(context, expression, until).await? else { return Ok(Vec::new()) };
        let mut properties = GetPropertiesParams::new(array);
        properties.own_properties = Some(true);
        let listed = self.connection.call(Some(&self.id), &properties, until).await?;
        let hosts = listed.result.into_iter().filter(|property| property.enumerable).filter_map(|property| property.value?.object_id);
        let asked = hosts.map(|host| async move {
            let describe = DescribeNodeParams { object_id: Some(host), depth: Some(0), ..DescribeNodeParams::default() };
            self.connection.call(Some(&self.id), &describe, until).await
        });
        let mut out = Vec::new();
        for answer in join_all(asked).await {
            let Ok(answer) = answer else { continue };
            let roots = answer.node.shadow_roots.unwrap_or_default();
            let closed = roots.into_iter().filter(|root| root.shadow_root_type == Some(ShadowRootType::Closed));
            out.extend(closed.map(|root| *root.backend_node_id.inner()));
        }
        Ok(out)
    }

    /// Backend ids of the nodes below `root`, an expression, that listen for one of these events. The page does not see that it
    /// is asked. Frames and shadow trees are left out: piercing also reaches into the browser's own controls, which breaks it.
    pub(crate) async fn listening(&self, context: i64, root: &str, kinds: &[&str], until: Until) -> Result<Vec<i64>, CallError> {
        let Some(ours) = self.object(context, root.to_owned(), until).await? else { return Ok(Vec::new()) };
        // Listeners are told of the world that the handle is of, and the page's are in the page's own.
        let describe = DescribeNodeParams { object_id: Some(ours), depth: Some(0), ..DescribeNodeParams::default() };
        let node = self.connection.call(Some(&self.id), &describe, until).await?.node.backend_node_id;
        let resolve =
            ResolveNodeParams { backend_node_id: Some(node), object_group: Some(WORLD.to_owned()), ..ResolveNodeParams::default() };
        let Some(theirs) = self.connection.call(Some(&self.id), &resolve, until).await?.object.object_id else { return Ok(Vec::new()) };
        let mut command = GetEventListenersParams::new(theirs);
        command.depth = Some(-1);
        command.pierce = Some(false);
        let answer = self.connection.call(Some(&self.id), &command, until).await?;
        let heard = answer.listeners.into_iter().filter(|listener| kinds.contains(&listener.r#type.as_str()));
        let mut nodes: Vec<i64> = heard.filter_map(|listener| Some(*listener.backend_node_id?.inner())).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Ok(nodes)
    }

    /// Lets go of all handles: what they are on could not be forgotten by the page else.
    pub(crate) fn release(&self) {
        self.connection.tell(Some(&self.id), &ReleaseObjectGroupParams::new(WORLD));
    }

    /// Opens a URL. The error is the browser's word for why not; a second value says whether another document came.
    pub(crate) async fn navigate(&self, url: &str, until: Until) -> Result<Result<bool, String>, CallError> {
        let answer = self.connection.call(Some(&self.id), &NavigateParams::new(url), until).await?;
        Ok(match answer.error_text.filter(|text| !text.is_empty()) {
            Some(error) => Err(error),
            None => Ok(answer.loader_id.is_some()),
        })
    }

    /// Where this tab has been.
    pub(crate) async fn history(&self, until: Until) -> Result<History, CallError> {
        let answer = self.connection.call(Some(&self.id), &GetNavigationHistoryParams::default(), until).await?;
        let entries = answer.entries.into_iter().map(|entry| (entry.id, entry.url)).collect();
        Ok(History { current: usize::try_from(answer.current_index).unwrap_or(0), entries })
    }

    /// Goes to a place in the history.
    pub(crate) async fn go_to(&self, entry: i64, until: Until) -> Result<(), CallError> {
        self.connection.call(Some(&self.id), &NavigateToHistoryEntryParams::new(entry), until).await.map(|_| ())
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self, until: Until) -> Result<(), CallError> {
        self.connection.call(Some(&self.id), &ReloadParams::default(), until).await.map(|_| ())
    }

    /// Gives the view another size.
    pub(crate) async fn resize(&self, size: Viewport, disguise: &Disguise, until: Until) -> Result<(), CallError> {
        self.connection.call(Some(&self.id), &metrics(size, &disguise.emulation), until).await.map(|_| ())
    }

    /// A picture of the viewport, as WebP.
    pub(crate) async fn screenshot(&self, until: Until) -> Result<Vec<u8>, CallError> {
        let command = CaptureScreenshotParams {
            format: Some(CaptureScreenshotFormat::Webp),
            quality: Some(60),
            ..CaptureScreenshotParams::default()
        };
        let answer = self.connection.call(Some(&self.id), &command, until).await?;
        let data: &str = answer.data.as_ref();
        base64::engine::general_purpose::STANDARD.decode(data).map_err(|error| CallError::Unreadable(error.to_string()))
    }

    /// Puts this tab in front.
    pub(crate) async fn bring_to_front(&self, until: Until) -> Result<(), CallError> {
        self.connection.call(Some(&self.id), &BringToFrontParams::default(), until).await.map(|_| ())
    }

    /// Answers the open dialog.
    pub(crate) fn answer_dialog(&self, accept: bool, text: Option<&str>) {
        let mut command = HandleJavaScriptDialogParams::new(accept);
        command.prompt_text = text.map(str::to_owned);
        self.connection.tell(Some(&self.id), &command);
    }

    /// Stops everything in this page until the dialog is answered.
    pub(crate) fn stop(&self, kind: &str, message: &str) {
        self.connection.stop(&self.id, kind, message);
    }

    /// The dialog is gone.
    pub(crate) fn go_on(&self) {
        self.connection.go_on(&self.id);
    }

    /// Stops a script that does not end, so that the page can be left.
    pub(crate) fn terminate(&self) {
        self.connection.tell(Some(&self.id), &TerminateExecutionParams::default());
    }
}

fn explain(thrown: &ExceptionDetails) -> String {
    let description = thrown.exception.as_ref().and_then(|exception| exception.description.as_deref());
    let first = description.unwrap_or(&thrown.text).lines().next().unwrap_or_default();
    format!("our script in the page failed: {first}")
}
