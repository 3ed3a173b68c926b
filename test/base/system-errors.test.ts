import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reasonOf, systemProblem } from "../../src/base/system-errors.js";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** What a write to a full disk throws. */
function fullDisk(): unknown {
  const full = openSync("/dev/full", "w");
  try {
    return thrownBy(() => writeSync(full, "x"));
  } finally {
    closeSync(full);
  }
}

describe("reasonOf", () => {
  it("says in words what the system's code means, and names the code", () => {
    expect([
      reasonOf(thrownBy(() => readFileSync("/no/such"))),
      reasonOf(thrownBy(() => readFileSync("/"))),
      reasonOf(fullDisk()),
      reasonOf(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })),
    ]).toEqual([
      "there is no such file or folder (ENOENT)",
      "it is a folder, not a file (EISDIR)",
      "the disk is full (ENOSPC)",
      "the connection was refused: nothing listens there (ECONNREFUSED)",
    ]);
  });

  it("leaves any other message unchanged", () => {
    expect(reasonOf(new Error("it is not a regular file"))).toBe("it is not a regular file");
    expect(reasonOf(Object.assign(new Error("bad certificate"), { code: "ERR_OSSL_PEM" }))).toBe("bad certificate");
  });
});

describe("systemProblem", () => {
  it("makes a sentence of a system call, its file or address, and the reason", () => {
    const listening = { code: "EADDRINUSE", syscall: "listen", address: "127.0.0.1", port: 80 };

    expect([
      systemProblem(thrownBy(() => mkdirSync("/dev/null/x"))),
      systemProblem(Object.assign(new Error("listen"), listening)),
      systemProblem(fullDisk()),
    ]).toEqual([
      'Cannot create the folder "/dev/null/x": a part of its path is not a folder (ENOTDIR)',
      "Cannot listen on 127.0.0.1:80: the address is already in use by another program (EADDRINUSE)",
      "Cannot write a file: the disk is full (ENOSPC)",
    ]);
  });

  it("does not treat another error as a system error", () => {
    const errors = [new TypeError("x is not a function"), "ENOENT", Object.assign(new Error("x"), { code: "ENOENT" })];
    expect(errors.map(systemProblem)).toEqual([null, null, null]);
  });
});
