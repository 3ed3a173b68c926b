// Loaded into the receiver and each of its threads before their own code: a thread that reads messages fails once the file
// END_THREAD is there. One with a database open may take the process with it: SQLite's binding for Node 20 and 22 aborts.
const fs = require("node:fs");
const { workerData } = require("node:worker_threads");

if (workerData?.role === "read") {
  setInterval(() => {
    if (fs.existsSync(process.env.END_THREAD)) throw new TypeError("a fault of ours");
  }, 5).unref();
}
