"""The peers, each in a process that stays: open, observe, act and observe. Every method gives (text, seconds)."""
import asyncio
import json
import os
import re
import subprocess
import time

CHROME = os.environ["BENCH_CHROMIUM"]
PEERS = os.environ["BENCH_PEERS_DIR"]


def timed(work):
    began = time.perf_counter()
    out = work()
    return out, time.perf_counter() - began


class AgentBrowser:
    """Its own daemon; each call is a process of its command, as its users call it."""
    name = "agent-browser"
    modes = {"whole": ["snapshot"], "controls": ["snapshot", "-i"]}

    def __init__(self):
        self.env = dict(os.environ, AGENT_BROWSER_EXECUTABLE_PATH=CHROME, AGENT_BROWSER_ARGS="--no-sandbox", AGENT_BROWSER_SESSION=f"bench{os.getpid()}")
        self.program = f"{PEERS}/node_modules/agent-browser/bin/agent-browser-linux-x64"

    def call(self, *words):
        done = subprocess.run([self.program, *words], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
        return done.stdout

    def open(self, url):
        return timed(lambda: self.call("open", url))[1]

    def observe(self, mode):
        return timed(lambda: self.call(*self.modes[mode]))

    def act(self, mode):
        ref = re.search(r'"Count".*?ref=(e\d+)', self.observe("controls")[0])[1]
        return timed(lambda: (self.call("click", "@" + ref), self.call(*self.modes[mode]))[1])

    def offered(self, text):
        return [line for line in text.splitlines() if "ref=e" in line]

    def close(self):
        self.call("close")


class Playwright:
    name = "Playwright MCP"
    modes = {"whole": None}

    def __init__(self):
        words = ["node", f"{PEERS}/node_modules/@playwright/mcp/cli.js", "--headless", "--executable-path", CHROME, "--no-sandbox", "--isolated", "--viewport-size", "1280,800"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1, cwd=os.environ["BENCH_SCRATCH"])
        self.last = 0
        self.call("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}})
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n")

    def call(self, method, params):
        self.last += 1
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}) + "\n")
        self.process.stdin.flush()
        while True:
            reply = json.loads(self.process.stdout.readline())
            if reply.get("id") == self.last:
                return reply.get("result", reply)

    def tool(self, name, **args):
        return "".join(part.get("text", "") for part in self.call("tools/call", {"name": name, "arguments": args})["content"])

    def open(self, url):
        return timed(lambda: self.tool("browser_navigate", url=url))[1]

    def observe(self, mode):
        return timed(lambda: self.tool("browser_snapshot"))

    def act(self, mode):
        ref = re.search(r'"Count".*?ref=(\w+)', self.observe(mode)[0])[1]
        return timed(lambda: (self.tool("browser_click", element="Count", ref=ref, target=ref), self.tool("browser_snapshot"))[1])

    def offered(self, text):
        """It gives refs to texts too; what can be used is told by its role."""
        roles = re.compile(r"- (button|link|textbox|checkbox|radio|combobox|option|tab|menuitem|slider|spinbutton|switch|generic)\b")
        return [line for line in text.splitlines() if "[ref=" in line and roles.search(line) and ("generic" not in line or "cursor=pointer" in line)]

    def close(self):
        self.tool("browser_close")
        self.process.stdin.close()
        self.process.wait(timeout=20)


class BrowserUse:
    name = "browser-use"
    modes = {"view": None}

    def __init__(self):
        os.environ.update(ANONYMIZED_TELEMETRY="false", BROWSER_USE_LOGGING_LEVEL="error")
        from browser_use import BrowserProfile, BrowserSession
        self.loop = asyncio.new_event_loop()
        profile = BrowserProfile(executable_path=CHROME, headless=True, chromium_sandbox=False, enable_default_extensions=False, viewport={"width": 1280, "height": 800}, user_data_dir=None)
        self.session = BrowserSession(browser_profile=profile)
        self.run(self.session.start())
        self.state = None

    def run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, 180))

    def open(self, url):
        return timed(lambda: self.run(self.session.navigate_to(url)))[1]

    async def look(self):
        self.state = await self.session.get_browser_state_summary(include_screenshot=False)
        return self.state.dom_state.llm_representation()

    def observe(self, mode):
        return timed(lambda: self.run(self.look()))

    async def click(self):
        from browser_use.browser.events import ClickElementEvent
        node = next(node for node in self.state.dom_state.selector_map.values() if node.tag_name == "button" and "Count" in node.get_all_children_text())
        event = self.session.event_bus.dispatch(ClickElementEvent(node=node))
        await event
        return await self.look()

    def act(self, mode):
        self.observe(mode)
        return timed(lambda: self.run(self.click()))

    def offered(self, text):
        """An element's text stands on the lines below it, up to the next one."""
        return re.split(r"\n(?=[\t ]*(?:\|[A-Z()a-z]+\|)?\*?\[\d+\]<)", text)[1:]

    def close(self):
        self.run(self.session.kill())


class Ours:
    """The library in a process of its own that is spoken to by lines of JSON; it measures itself, as a caller in Rust would."""
    name = "handiwork"
    modes = {"view": None, "whole": None, "controls": None}

    def __init__(self):
        self.process = subprocess.Popen([os.environ["BENCH_DRIVER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def call(self, **ask):
        self.process.stdin.write(json.dumps(ask) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the driver ended")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply

    def open(self, url):
        return self.call(op="open", url=url)["seconds"]

    def observe(self, mode):
        reply = self.call(op="observe", mode=mode)
        return reply["text"], reply["seconds"]

    def act(self, mode):
        reply = self.call(op="act", name="Count", mode=mode)
        self.delta = reply["delta"]
        return reply["text"], reply["seconds"]

    def contexts(self, number, url):
        return self.call(op="contexts", number=number, url=url)

    def offered(self, text):
        return [line for line in text.splitlines() if re.match(r"\s*e\d+ ", line)]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


ALL = [Ours, AgentBrowser, Playwright, BrowserUse]
