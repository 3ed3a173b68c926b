import { describe, expect, it } from "vitest";
import { isTrouble } from "../../../src/fleet/feed/guarded-store.js";
import { StoreError } from "../../../src/fleet/store/migrate.js";

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });

describe("isTrouble", () => {
  it.each([
    withCode("connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED"),
    withCode("terminating connection due to administrator command", "57P01"),
    withCode("could not extend file: No space left on device", "53100"),
    new Error("Connection terminated unexpectedly"),
    withCode("database or disk is full", "SQLITE_FULL"),
    new Error("disk I/O error"),
    new Error("database is locked"),
    withCode("permission denied for table report", "42501"),
    withCode('relation "report" does not exist', "42P01"),
    withCode('column "x" does not exist', "42703"),
    withCode("no such table: report", "ERR_SQLITE_ERROR"),
    withCode("SQL logic error", "ERR_SQLITE_ERROR"),
  ])("is, when the engine cannot work now: $message", (error) => {
    expect(isTrouble(error)).toBe(true);
  });

  it.each([
    withCode('invalid byte sequence for encoding "UTF8": 0x00', "22021"),
    withCode("duplicate key value violates unique constraint", "23505"),
    withCode("index row size 3000 exceeds btree version 4 maximum 2704", "54000"),
    new Error("constraint failed"),
    withCode("UNIQUE constraint failed: thing.thing", "ERR_SQLITE_ERROR"),
    withCode("NOT NULL constraint failed: thing.thing", "ERR_SQLITE_ERROR"),
    new Error("string or blob too big"),
    new TypeError("x is not a function"),
    new StoreError("said already"),
  ])("is not, when a retry would not help: $message", (error) => {
    expect(isTrouble(error)).toBe(false);
  });
});
