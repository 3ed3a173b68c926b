// Loaded into the component before its own code: it dies by SIGKILL at its nth call that writes, or in the middle of that write.
const fs = require("node:fs");

let left = process.argv[2] === "run" ? Number(process.env.KILL_AT_CALL ?? 0) : 0;
if (left > 0) {
  for (const name of ["openSync", "writeSync", "fsyncSync", "closeSync", "ftruncateSync", "renameSync", "rmSync"]) {
    const real = fs[name];
    fs[name] = (...args) => {
      left -= 1;
      if (left === 0) {
        // A kill in the middle of a write leaves its beginning.
        if (name === "writeSync" && Buffer.isBuffer(args[1])) real(args[0], args[1], args[2], args[3] >> 1, args[4]);
        process.kill(process.pid, "SIGKILL");
      }
      return real(...args);
    };
  }
}
