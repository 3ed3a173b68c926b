import { describe, expect, it } from "vitest";
import { accessKey } from "../../src/sources/access-key.js";
import { exchangedOnce } from "../../src/sources/exchanged-credentials.js";

const noExchange = exchangedOnce({}, async () => null);

describe("accessKey", () => {
  it("is the environment's, with the token of a temporary one", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIA1", AWS_SECRET_ACCESS_KEY: "secret" };

    expect(await accessKey(env, "eu-west-1", noExchange)).toEqual({
      accessKeyId: "AKIA1",
      secretAccessKey: "secret",
      sessionToken: null,
    });
    expect(await accessKey({ ...env, AWS_SESSION_TOKEN: "token" }, "eu-west-1", noExchange)).toMatchObject({
      sessionToken: "token",
    });
  });

  it("comes from the token exchange service when there is no other", async () => {
    const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN: "token" };

    await expect(accessKey(env, "eu-west-1", noExchange)).rejects.toThrow("token exchange service is not running");
  });
});
