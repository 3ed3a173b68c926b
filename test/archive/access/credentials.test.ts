import { describe, expect, it } from "vitest";
import { parseCredentials } from "../../../src/archive/access/credentials.js";

describe("parseCredentials", () => {
  it("reads AWS's shared credentials file", () => {
    const text =
      "\uFEFF# comment\r\n[default]\r\naws_access_key_id = AKIDA\r\nAWS_SECRET_ACCESS_KEY=s/e+c=\r\n; more\n[ profile line 2 ]\naws_access_key_id=ASIAB\naws_secret_access_key=b\naws_session_token = t==\nregion = x\npackdrift_projects = one, two three\n";

    expect([...parseCredentials(text, "c").values()]).toEqual([
      { profile: "default", accessKeyId: "AKIDA", secretAccessKey: "s/e+c=", sessionToken: null, projects: null },
      {
        profile: "line 2",
        accessKeyId: "ASIAB",
        secretAccessKey: "b",
        sessionToken: "t==",
        projects: ["one", "two", "three"],
      },
    ]);
  });

  it("reads a key that may read nothing", () => {
    const text = "[a]\naws_access_key_id=A\naws_secret_access_key=b\npackdrift_projects =\n";

    expect(parseCredentials(text, "c").get("A")?.projects).toEqual([]);
  });

  it.each([
    ["", "needs one profile at least, has none"],
    ["aws_access_key_id = A", "line 1: needs a [profile] before it"],
    ["[a]\nhello", "line 2: needs [profile] or name = value"],
    ["[a]\naws_access_key_id=A", "line 1: [a] needs aws_secret_access_key"],
    ["\n[a]\naws_secret_access_key=hush", "line 2: [a] needs aws_access_key_id"],
    [
      "[a]\naws_access_key_id=A B\naws_secret_access_key=hush",
      "line 1: [a] needs aws_access_key_id of 1 to 128 letters and digits",
    ],
    [
      "[a]\naws_access_key_id=A\naws_secret_access_key=hush\n[b]\naws_access_key_id=A\naws_secret_access_key=hush",
      "line 4: [b] has the aws_access_key_id of an earlier profile",
    ],
    [
      "[a]\naws_access_key_id=A\naws_secret_access_key=hush\npackdrift_projects=../x",
      'names a project that cannot exist: "../x"',
    ],
  ])("refuses %j without showing a secret", (text, why) => {
    const refused = () => parseCredentials(text, "c");

    expect(refused).toThrow(why);
    expect(refused).not.toThrow("hush");
  });
});
