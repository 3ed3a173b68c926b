// Given to the built component by NODE_OPTIONS=--require: its clock jumps over idle waits, so that a week passes in minutes.
// Nothing of the component is changed. A process that works is left alone: the keeper jumps when it has no child, no wait of
// 12 s or less under way (such a wait is a limit on something that is being done, unless it was unref'd) and the week's
// conductor agrees.
//   PACKDRIFT_WEEK_CLOCK   a file with the milliseconds that were jumped so far, for those that start later
//   PACKDRIFT_WEEK_SOCKET  where the conductor listens
//   PACKDRIFT_WEEK_LEAK    leaks on purpose, to show that it would be seen
const fs = require("node:fs");
const net = require("node:net");

const LIMIT_MS = 12_000;
const LOOK_MS = 2;
const { PACKDRIFT_WEEK_CLOCK: clockFile, PACKDRIFT_WEEK_SOCKET: socketPath, PACKDRIFT_WEEK_LEAK: leak } = process.env;

let offsetMs = Number(fs.readFileSync(clockFile, "utf8"));
const RealDate = Date;
const wallMs = () => RealDate.now() + offsetMs;
const steady = performance.now.bind(performance);
const steadyMs = () => steady() + offsetMs;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(wallMs());
    else super(...given);
  }
  static now() {
    return wallMs();
  }
};
Object.defineProperty(performance, "now", { value: steadyMs, configurable: true, writable: true });
const { openSync, readSync } = fs;
let uptime = -1;
fs.openSync = (path, ...options) => {
  const file = openSync(path, ...options);
  if (path === "/proc/uptime") uptime = file;
  return file;
};
fs.readSync = (file, into, ...options) => {
  const bytes = readSync(file, into, ...options);
  if (file !== uptime) return bytes;
  const seconds = Number.parseFloat(into.toString("latin1", 0, bytes)) + offsetMs / 1_000;
  return into.write(`${seconds.toFixed(2)} `, "latin1");
};

if (process.argv[2] === "run") jumpWhenIdle();

function jumpWhenIdle() {
  const real = { setTimeout, clearTimeout };
  const waits = new Set();
  const leaked = [];
  let changes = 0;

  class Wait {
    constructor(ms, action) {
      Object.assign(this, { ms, action, isHeld: true });
      this.refresh();
    }
    refresh() {
      this.dueMs = steadyMs() + this.ms;
      waits.add(this);
      this.arm();
      return this;
    }
    arm() {
      real.clearTimeout(this.timer);
      this.timer = real.setTimeout(() => this.fire(), Math.max(0, this.dueMs - steadyMs()));
      if (!this.isHeld) this.timer.unref();
    }
    fire() {
      this.cancel();
      if (leak !== undefined) leaked.push(Buffer.alloc(2 ** 20, 1), fs.openSync("/dev/null"));
      this.action();
    }
    cancel() {
      changes++;
      waits.delete(this);
      real.clearTimeout(this.timer);
    }
    ref() {
      this.isHeld = true;
      this.timer.ref();
      return this;
    }
    unref() {
      this.isHeld = false;
      this.timer.unref();
      return this;
    }
    hasRef() {
      return this.isHeld;
    }
  }
  globalThis.setTimeout = (action, ms = 0, ...given) => {
    changes++;
    return new Wait(Math.max(1, Number(ms) || 1), () => action(...given));
  };
  globalThis.clearTimeout = (wait) => (wait instanceof Wait ? wait.cancel() : real.clearTimeout(wait));

  // Read without garbage: it is this process whose memory is looked at.
  const children = openSync(`/proc/self/task/${process.pid}/children`);
  const digit = Buffer.alloc(1);
  const isBusy = () => {
    for (const wait of waits) if (wait.ms <= LIMIT_MS && wait.hasRef()) return true;
    return waits.size === 0 || readSync(children, digit, 0, 1, 0) > 0;
  };
  const conductor = net.connect(socketPath);
  conductor.unref();
  conductor.on("error", () => {});
  let seen = -1;
  let asked = -1;
  const looks = setInterval(() => {
    if (asked >= 0 || isBusy()) return;
    // Quiet since the last look.
    if (seen === changes) {
      asked = changes;
      conductor.write(`${JSON.stringify({ wallMs: wallMs(), heapBytes: process.memoryUsage().heapUsed })}\n`);
    }
    seen = changes;
  }, LOOK_MS);
  looks.unref();

  conductor.on("data", (text) => {
    const isQuiet = asked === changes && !isBusy();
    asked = -1;
    const mostMs = Number(String(text).trim().split("\n").pop());
    if (!isQuiet || !(mostMs > 0)) return;
    const nextMs = Math.min(...[...waits].map(({ dueMs }) => dueMs)) - steadyMs();
    // Date.now() gives whole milliseconds.
    const jumpMs = Math.floor(Math.min(mostMs, nextMs));
    if (jumpMs <= 0) return;
    offsetMs += jumpMs;
    fs.writeFileSync(clockFile, String(offsetMs));
    for (const wait of waits) wait.arm();
  });
}
