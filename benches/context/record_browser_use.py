"""Records the requests that browser-use would send to DeepSeek for a task of many steps on a page that grows.

What an agent costs is what it sends, and nobody knows that better than the agent itself. So nothing is rebuilt here: browser-use's own
Agent works on a real Chromium, through its own DeepSeek class. The one decision: only the model is ours, a server on the loopback that
keeps every request as it came and answers with the next action of a script, with element numbers read from that very request.
Settings that shape messages are the package's own; what is set differently, and why, stands in `make_agent`.
"""
import argparse
import asyncio
import contextlib
import ctypes
import http.server
import importlib.metadata
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time

# The default of browser-use's own ChatDeepSeek, named so that it can't change under us.
MODEL = "deepseek-v4-flash"
TASK = "On the ledger page, add the entries 'entry 1' to 'entry {steps}', one after the other, in order. Then say how many entries there are."
# Its system prompt asks for a plan at once when a task is long but clear, and nags in every request when there is none.
PLAN = ["Add all entries, one per step, in order", "Check the number of entries on the page", "Report the number of entries with done"]
# Between a deadline that is asked for politely and one that is enforced.
GRACE = 30
# Of Linux's prctl: whoever loses its parent below this process becomes its child.
PR_SET_CHILD_SUBREAPER = 36


class Surprise(Exception):
    """A request that the script has no answer to."""


def page_state(messages):
    """The part that shows the page. It is not always in the last message: warnings come after it, as messages of the user too."""
    for message in reversed(messages):
        content = message["content"]
        text = content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
        found = re.search(r"<browser_state>\n.*Interactive elements.*?\n(.*)</browser_state>", text, re.S)
        if message["role"] == "user" and found:
            return found[1]
    raise Surprise("a request shows no page")


def number(pattern, state, what):
    found = re.search(pattern, state, re.M)
    if not found:
        raise Surprise(f"{what} is not in the page as it was sent:\n{state[:2000]}")
    return int(found[1])


def entries_in(state):
    return number(r"^\s*(\d+) entr(?:y|ies)$", state, "the status line")


def next_step(state, done, steps):
    """What a model that makes no mistake would say; of it, all but `thinking` comes back as history in later requests."""
    if done >= steps:
        return {
            "thinking": f"The status line says {entries_in(state)} entries, all {steps} were added.",
            "evaluation_previous_goal": f"Added 'entry {done}', it is in the list. Verdict: Success",
            "memory": f"Added {done} of {steps} entries.",
            "next_goal": "Report the number of entries.",
            "current_plan_item": 2,
            "action": [{"done": {"text": f"There are {entries_in(state)} entries.", "success": True}}],
        }
    box = number(r"\[(\d+)\]<input\b", state, "the textbox")
    add = number(r"\[(\d+)\]<button\b[^\n]*\n\s*Add$", state, "the button Add")
    entry = f"entry {done + 1}"
    step = {
        "thinking": f"The list holds {entries_in(state)} entries, so '{entry}' is next.",
        "evaluation_previous_goal": f"Added 'entry {done}', it is in the list. Verdict: Success" if done else "The ledger is open. Verdict: Success",
        "memory": f"Added {done} of {steps} entries.",
        "next_goal": f"Type '{entry}' into the textbox Entry and click Add.",
        "current_plan_item": 0,
        "action": [{"input": {"index": box, "text": entry}}, {"click": {"index": add}}],
    }
    return step if done else {**step, "plan_update": PLAN}


class Model:
    """The script, and what it was asked."""

    def __init__(self, out, steps):
        self.out, self.steps = out, steps
        self.requests, self.entries, self.before, self.trouble = 0, None, None, None

    def answer(self, raw):
        # A line break in JSON is never inside of a string, so this changes no content.
        self.out.write(raw.replace(b"\n", b" ") + b"\n")
        self.out.flush()
        self.requests += 1
        body = json.loads(raw)
        names = [tool["function"]["name"] for tool in body.get("tools", [])]
        if names != ["AgentOutput"]:
            raise Surprise(f"a request asks for {names or 'plain text'}, not for the next step")
        state = page_state(body["messages"])
        self.entries = entries_in(state)
        if self.before is None:
            self.before = self.entries
        # The page tells what is next, not a counter: an action that failed is tried again and can't pass for done.
        step = next_step(state, self.entries - self.before, self.steps)
        call = {"id": f"call_{self.requests}", "type": "function", "function": {"name": names[0], "arguments": json.dumps(step)}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return self.completion(body["model"], message)

    def completion(self, model, message):
        return {
            "id": f"chat_{self.requests}",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        }


class Handler(http.server.BaseHTTPRequestHandler):
    model = None

    def log_message(self, *args):
        pass

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self.path.endswith("/chat/completions"):
            return self.reply(404, {"error": {"message": f"there is no {self.path} here"}})
        try:
            self.reply(200, self.model.answer(raw))
        except (Surprise, KeyError, ValueError) as error:
            self.model.trouble = self.model.trouble or str(error)
            # Not a 5xx: those would be sent again by the client.
            self.reply(400, {"error": {"message": str(error)}})

    def reply(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(model):
    handler = type("Handler", (Handler,), {"model": model})
    # One thread: the requests of one agent come one after the other, and so do the lines.
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def stay_home(scratch):
    """All that it writes goes below `scratch`, and it calls nobody. To be done before it is imported."""
    os.environ.update(
        ANONYMIZED_TELEMETRY="false",
        BROWSER_USE_CLOUD_SYNC="false",
        BROWSER_USE_VERSION_CHECK="false",
        BROWSER_USE_DISABLE_EXTENSIONS="1",
        BROWSER_USE_LOGGING_LEVEL=os.environ.get("BROWSER_USE_LOGGING_LEVEL", "result"),
        BROWSER_USE_CONFIG_DIR=f"{scratch}/config",
        XDG_CONFIG_HOME=f"{scratch}/config",
        XDG_CACHE_HOME=f"{scratch}/cache",
        HOME=scratch,
        TMPDIR=scratch,
        NO_PROXY="127.0.0.1,localhost",
        no_proxy="127.0.0.1,localhost",
    )
    tempfile.tempdir = scratch


def make_agent(args, port):
    from browser_use import Agent, BrowserProfile, BrowserSession, ChatDeepSeek

    profile = BrowserProfile(
        executable_path=args.chromium,
        headless=True,
        chromium_sandbox=False,
        args=["--no-sandbox"],
        enable_default_extensions=False,
        # As for every other system in these benchmarks; its own default without a screen is larger.
        viewport={"width": 1280, "height": 800},
        user_data_dir=None,
    )
    return Agent(
        task=TASK.format(steps=args.steps),
        llm=ChatDeepSeek(model=MODEL, base_url=f"http://127.0.0.1:{port}/v1", api_key="x"),
        browser_session=BrowserSession(browser_profile=profile),
        # The page is opened before the first request, as it does itself with an address in the task.
        initial_actions=[{"navigate": {"url": args.url, "new_tab": False}}],
        # It says itself that DeepSeek's models can't see, and would switch this off.
        use_vision=False,
        # One more request after the end that rates the run: not a step, and nothing that we would have to compare with it.
        use_judge=False,
        # Those of `guard` end the browser too.
        enable_signal_handler=False,
    )


def adopt():
    """The browser may be a script that starts the real one (Debian's is); browser-use ends the script, and the browser lives on as
    nobody's child. So it becomes ours, and `end_browsers` finds it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_browsers():
    """What it left running of what was started from this process, by pid."""
    import psutil

    left = psutil.Process().children(recursive=True)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=5)


def stop_at_once(why, scratch):
    """For when nothing polite is left, so nothing is unwound."""
    with contextlib.suppress(Exception):
        end_browsers()
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"record_browser_use: {why}", file=sys.stderr, flush=True)
    os._exit(2)


def guard(args, scratch):
    """From here on no hang outlives the deadline, and no signal leaves a browser behind."""
    adopt()
    timer = threading.Timer(args.deadline + GRACE, stop_at_once, [f"it hung, and was ended {GRACE} s after its deadline", scratch])
    timer.daemon = True
    timer.start()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda got, frame: stop_at_once(f"ended by {signal.Signals(got).name}", scratch))


async def run(args, model, port, until):
    agent = make_agent(args, port)

    async def stop_on_trouble(agent):
        if model.trouble:
            agent.stop()

    await asyncio.wait_for(agent.run(max_steps=args.steps + 2, on_step_end=stop_on_trouble), max(1, until - time.monotonic()))


def record(args, model, scratch):
    """Gives what went wrong, or None."""
    server = serve(model)
    until = time.monotonic() + args.deadline
    try:
        # It logs to the standard output, where one line of JSON is promised.
        with contextlib.redirect_stdout(sys.stderr):
            asyncio.run(run(args, model, server.server_port, until))
    except TimeoutError:
        return f"the deadline of {args.deadline} s passed"
    except Exception as error:
        return f"browser-use failed: {error!r}"
    finally:
        end_browsers()
        server.shutdown()


def verdict(args, model, failed):
    if failed or model.trouble:
        return model.trouble or failed
    if model.requests < args.steps:
        return f"only {model.requests} requests were recorded, {args.steps} were wanted"
    if model.entries != model.before + args.steps:
        return f"the page has {model.entries} entries and not {model.before + args.steps}"
    return None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="where page.html is served")
    parser.add_argument("--steps", type=int, default=40, help="entries to add, one per request")
    parser.add_argument("--chromium", required=True, help="path of the browser")
    parser.add_argument("--out", required=True, help="file for the requests, one a line")
    parser.add_argument("--deadline", type=float, default=600, help="seconds for all of it")
    return parser.parse_args()


def main():
    args = arguments()
    try:
        installed = importlib.metadata.version("browser-use")
    except importlib.metadata.PackageNotFoundError:
        sys.exit("record_browser_use: the package browser-use is not installed for this Python")
    with tempfile.TemporaryDirectory(prefix="record-browser-use-", ignore_cleanup_errors=True) as scratch, open(args.out, "wb") as out:
        guard(args, scratch)
        stay_home(scratch)
        model = Model(out, args.steps)
        failed = record(args, model, scratch)
    wrong = verdict(args, model, failed)
    print(json.dumps({"requests": model.requests, "entries_on_page": model.entries, "version": installed}), flush=True)
    if wrong:
        sys.exit(f"record_browser_use: {wrong}")


main()
