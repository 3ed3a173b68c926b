import { chmodSync, chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { authorisation, readSecrets } from "../../../src/fleet/alarms/webhook-secrets.js";
import { someWebhook } from "./some-webhook.js";

const folder = mkdtempSync(join(tmpdir(), "packdrift-secrets-"));
function secretFile(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
// The example of the Standard Webhooks libraries: key, id, time and signature.
const KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("readSecrets", () => {
  it("reads a token and a key, without the line's end", () => {
    const bearerFile = secretFile("token", "abc.DEF-1\n");
    const hmacFile = secretFile("key", `${KEY}\n`);

    const { bearer, hmacKey } = readSecrets(someWebhook({ bearerFile, hmacFile }));

    expect(bearer).toBe("abc.DEF-1");
    expect(hmacKey).toHaveLength(24);
  });

  it.each<[string, string, number, RegExp]>([
    ["open", "abc", 0o644, /may be read by others/],
    ["blank", "a b", 0o600, /characters that a bearer token cannot have/],
    ["lines", "a\r\nx-other: b", 0o600, /characters that a bearer token cannot have/],
    ["empty", "", 0o600, /characters that a bearer token cannot have/],
    ["long", "a".repeat(10_000), 0o600, /Cannot read a webhook's secret/],
  ])("refuses a token's file that is %s", (name, text, mode, why) => {
    expect(() => readSecrets(someWebhook({ bearerFile: secretFile(name, text, mode) }))).toThrow(why);
  });

  it.skipIf(process.geteuid?.() !== 0)("refuses another user's file", () => {
    const bearerFile = secretFile("foreign", "abc");
    chownSync(bearerFile, 65_534, 65_534);

    expect(() => readSecrets(someWebhook({ bearerFile }))).toThrow("belongs to user 65534");
  });

  it("refuses a file that is not there", () => {
    expect(() => readSecrets(someWebhook({ bearerFile: join(folder, "none") }))).toThrow(/does not exist/);
  });

  it.each(["secret", "whsec_", "whsec_c2hvcnQ="])("refuses the key %s without showing it", (key) => {
    const hmacFile = secretFile("bad-key", key);

    expect(() => readSecrets(someWebhook({ hmacFile }))).toThrow(
      `Cannot use the key in "${hmacFile}": it must be "whsec_" and 24 to 64 bytes in base64`,
    );
  });
});

describe("authorisation", () => {
  it("signs as the example of the Standard Webhooks specification", () => {
    const hmacKey = Buffer.from(KEY.slice(6), "base64");

    const headers = authorisation(
      { bearer: "token", hmacKey },
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      '{"test": 2432232314}',
      1_614_265_330_999,
    );

    expect(headers).toEqual({
      authorization: "Bearer token",
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("is empty without secrets", () => {
    expect(authorisation({ bearer: null, hmacKey: null }, "id", "{}", 0)).toEqual({});
  });
});
