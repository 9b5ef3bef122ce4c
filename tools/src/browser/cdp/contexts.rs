//! Contexts of a browser, which share nothing, and targets in them.

use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, GetVersionParams, PermissionDescriptor, PermissionSetting, SetPermissionParams,
};
use chromiumoxide::cdp::browser_protocol::target::{
    AttachToTargetParams, CreateBrowserContextParams, CreateTargetParams, DisposeBrowserContextParams, SetDiscoverTargetsParams,
};

use super::super::emulation::Proxy;
use super::connection::{CallError, Connection, Until};

/// What a browser is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    /// Name and version, `Chrome/156.0.8078.79`.
    pub(crate) version: String,
    /// What it calls itself.
    pub(crate) agent: String,
}

/// Asks a browser what it is.
pub(crate) async fn identity(connection: &Connection, until: Until) -> Result<Identity, CallError> {
    let answer = connection.call(None, &GetVersionParams::default(), until).await?;
    Ok(Identity { version: answer.product, agent: answer.user_agent })
}

/// Makes a context; it goes away with this connection at the latest.
pub(crate) async fn new_context(connection: &Connection, proxy: Option<&Proxy>, until: Until) -> Result<String, CallError> {
    let command = CreateBrowserContextParams {
        dispose_on_detach: Some(true),
        proxy_server: proxy.map(|proxy| proxy.server.clone()),
        proxy_bypass_list: proxy.map(Proxy::bypass_list),
        ..CreateBrowserContextParams::default()
    };
    Ok(connection.call(None, &command, until).await?.browser_context_id.inner().clone())
}

/// Removes a context with its tabs and all that it holds.
pub(crate) async fn end_context(connection: &Connection, context: &str, until: Until) -> Result<(), CallError> {
    connection.call(None, &DisposeBrowserContextParams::new(BrowserContextId::new(context)), until).await.map(|_| ())
}

/// The same without waiting for it.
pub(crate) fn drop_context(connection: &Connection, context: &str) {
    connection.tell(None, &DisposeBrowserContextParams::new(BrowserContextId::new(context)));
}

/// Opens a target at `url`; gives its id.
pub(crate) async fn new_target(
    connection: &Connection,
    url: &str,
    context: Option<&str>,
    hidden: bool,
    until: Until,
) -> Result<String, CallError> {
    let mut command = CreateTargetParams::new(url);
    command.browser_context_id = context.map(BrowserContextId::new);
    if hidden {
        command.hidden = Some(true);
        match connection.call(None, &command, until).await {
            // Not every build can hide one.
            Err(CallError::Remote(_)) => (command.hidden, command.background) = (None, Some(true)),
            answer => return Ok(answer?.target_id.inner().clone()),
        }
    }
    Ok(connection.call(None, &command, until).await?.target_id.inner().clone())
}

/// Asks to be told of targets, without attaching to any.
pub(crate) async fn discover(connection: &Connection, until: Until) -> Result<(), CallError> {
    connection.call(None, &SetDiscoverTargetsParams::new(true), until).await.map(|_| ())
}

/// Attaches to a target that is not attached by itself.
pub(crate) fn attach(connection: &Connection, target: &str) {
    let mut command = AttachToTargetParams::new(target.to_owned());
    command.flatten = Some(true);
    connection.tell(None, &command);
}

/// Lets all pages of a context know the place that they ask for.
pub(crate) fn allow_place(connection: &Connection, context: Option<&str>) {
    let mut command = SetPermissionParams::new(PermissionDescriptor::new("geolocation"), PermissionSetting::Granted);
    command.browser_context_id = context.map(BrowserContextId::new);
    connection.tell(None, &command);
}
