import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { type ExchangeMode, startTokenExchange, type TokenExchange } from "../../src/lab/token-exchange.js";
import { FLAVOURS } from "../long-runs.js";
import { type ApiAnswer, startApi } from "./api.js";
import { NAME, startScene, TOP } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const ANSWER = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8"));

/** A device whose credentials come from the token exchange service, and an API that keeps what requests were signed with. */
async function scene(
  flavour: "classic" | "lite",
  mode: ExchangeMode = "serve",
  api: ApiAnswer | (() => ApiAnswer) = { status: 200, body: ANSWER },
  { type = "api", environment = {} }: { type?: "api" | "archive"; environment?: Record<string, string> } = {},
) {
  let nucleus: Nucleus | null = null;
  const exchange = await startTokenExchange((token) => nucleus?.componentOfToken(token) ?? null);
  exchange.mode = mode;
  closers.push(exchange.close);
  const service = await startApi(typeof api === "function" ? api : () => api);
  closers.push(service.close);
  const it = await startScene({
    flavour,
    configuration: { source: { type, endpoint: service.url } },
    environment,
    nucleus: { credentialsUri: exchange.uri },
    components: [{ name: EXCHANGE, configuration: { port: portOf(exchange) } }],
    onNucleus: (started) => {
      nucleus = started;
    },
  });
  closers.push(it.close);
  return { ...it, exchange, service };
}
const EXCHANGE = "aws.greengrass.TokenExchangeService";
const portOf = ({ uri }: TokenExchange) => Number(new URL(uri).port);
const signedBy = (authorization = "") => /Credential=([^/]+)\//.exec(authorization)?.[1];

describe.each(FLAVOURS)("credentials from the token exchange service of the %s nucleus", (flavour) => {
  it("sign the requests, and each check gets new ones", async () => {
    const { reports, exchange, service, nucleus } = await scene(flavour);
    expect((await reports.next(() => true)).drift).toBe("IN_SYNC");

    nucleus.setConfiguration(NAME, { deployedVersion: ["com.example.factory.BottleCaps=9.0.0"] });
    await reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");

    expect(service.authorizations.map(signedBy)).toEqual(["ASIALAB000000001", "ASIALAB000000002"]);
    expect(exchange.keys).toHaveLength(2);
    expect(exchange.unknownTokens).toBe(0);
  });

  it("are requested where the service listens now, and another process on its old port sees no token", async () => {
    const it = await scene(flavour);
    await it.reports.next(() => true);
    const oldPort = portOf(it.exchange);
    await it.exchange.close();
    const asked: (string | undefined)[] = [];
    const squatter = createServer(({ headers }, response) => {
      asked.push(headers.authorization);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => squatter.listen(oldPort, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => squatter.close(resolve)));
    const again = await startTokenExchange((token) => it.nucleus.componentOfToken(token));
    closers.push(again.close);
    it.nucleus.setConfiguration(EXCHANGE, { port: portOf(again) });

    it.nucleus.setConfiguration(NAME, { deployedVersion: ["com.example.factory.BottleCaps=9.0.0"] });
    const { job } = await it.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");

    expect(job.unavailable).toBe(null);
    expect([again.keys, asked]).toEqual([["ASIALAB000000001"], []]);
  });

  it("that are denied are reported, and used as soon as they are granted", async () => {
    const { reports, exchange, nucleus } = await scene(flavour, "deny");
    const report = await reports.next(() => true);

    exchange.mode = "serve";
    nucleus.setConfiguration(NAME, { heartbeatHours: 12 });

    expect(report).toMatchObject({ drift: "NOT_CHECKED", job: { unavailable: { reason: "DENIED" } } });
    expect(report.job.unavailable?.message).toContain("Greengrass's token exchange service");
    expect(await reports.next(({ sequence }) => sequence === 2)).toMatchObject({ drift: "IN_SYNC" });
  });

  it("that the service does not have cost one request a check", async () => {
    const { reports, exchange } = await scene(flavour, "null");

    const { unavailable } = (await reports.next(() => true)).job;

    expect(unavailable).toMatchObject({
      reason: "DENIED",
      message: expect.stringContaining("Greengrass's token exchange service answered without credentials (null)"),
    });
    expect(exchange.requests).toBe(1);
  });

  it("that come slowly are waited for", async () => {
    const { reports } = await scene(flavour, "slow");

    expect(await reports.next(() => true)).toMatchObject({ drift: "IN_SYNC", job: { unavailable: null } });
  });

  it.each(["expired", "malformed"] as const)(
    "that are %s are reported, and the next good ones are used",
    async (mode) => {
      const { reports, exchange, nucleus, service } = await scene(flavour, mode);
      // As the service does with a signature of a key that is no longer good.
      const expired = { __type: "ExpiredTokenException", Message: "The security token is expired" };
      service.answer = () =>
        exchange.mode === "serve" ? { status: 200, body: ANSWER } : { status: 403, body: expired };
      const report = await reports.next(() => true);

      exchange.mode = "serve";
      nucleus.setConfiguration(NAME, { heartbeatHours: 12 });

      expect(report).toMatchObject({ drift: "NOT_CHECKED", job: { unavailable: { reason: "DENIED" } } });
      expect(await reports.next(({ sequence }) => sequence === 2)).toMatchObject({ drift: "IN_SYNC" });
    },
  );

  it("that are refused for lack of a token are reported", async () => {
    const it = await scene(flavour);
    await it.reports.next(() => true);
    await it.component.stop();
    rmSync(join(it.work, "jobs"), { recursive: true });

    await it.again({ AWS_CONTAINER_AUTHORIZATION_TOKEN: "" });

    const report = await it.reports.next(({ sequence }) => sequence === 2);
    expect(report).toMatchObject({ drift: "NOT_CHECKED", job: { unavailable: { reason: "DENIED" } } });
    expect(it.exchange.unknownTokens).toBeGreaterThan(0);
  });
});

describe.each(FLAVOURS)("an archive of a device of the %s nucleus", (flavour) => {
  const archive = { type: "archive" } as const;
  const GOOD = { status: 200, body: ANSWER };

  const refused = {
    status: 403,
    body: { __type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
  };
  /** Takes signed requests alone. */
  const signedAlone = () => {
    let asked = 0;
    return () => (asked++ === 0 ? refused : GOOD);
  };

  it.each(["serve", "silent"] as const)(
    "that needs no signature is asked without credentials, where the token exchange service is to %s",
    async (mode) => {
      const { reports, service, exchange } = await scene(flavour, mode, GOOD, archive);

      expect(await reports.next(() => true)).toMatchObject({ drift: "IN_SYNC", job: { unavailable: null } });
      expect(service.authorizations).toEqual([""]);
      expect(exchange.requests).toBe(0);
    },
  );

  it("gets signed requests where it refuses others and there are credentials, even slow ones", async () => {
    const { reports, service } = await scene(flavour, "slow", signedAlone(), archive);

    expect(await reports.next(() => true)).toMatchObject({ drift: "IN_SYNC", job: { unavailable: null } });
    expect(service.authorizations.map(signedBy)).toEqual([undefined, "ASIALAB000000001"]);
  });

  it("gets requests signed with its own key, without asking the token exchange service", async () => {
    const environment = { AWS_ACCESS_KEY_ID: "AKIAARCHIVE", AWS_SECRET_ACCESS_KEY: "archive" };
    const { reports, service, exchange } = await scene(flavour, "serve", signedAlone(), { ...archive, environment });

    expect(await reports.next(() => true)).toMatchObject({ drift: "IN_SYNC" });
    expect(service.authorizations.map(signedBy)).toEqual([undefined, "AKIAARCHIVE"]);
    expect(exchange.keys).toEqual([]);
  });

  it.each([
    ["deny", /Greengrass's token exchange service answered with HTTP 403; looked for them in /],
    ["silent", /(none|no answer) within 4000 ms; looked for them in .*Greengrass's token exchange service/],
  ] as const)(
    "that accepts only signed requests is reported with why there are none, where the token exchange service is to %s",
    async (mode, why) => {
      const { reports } = await scene(flavour, mode, refused, archive);

      const { unavailable } = (await reports.next(() => true)).job;

      expect(unavailable).toMatchObject({ reason: "DENIED", message: expect.stringMatching(why) });
      expect(unavailable?.message).toContain(
        "a request without a signature was refused (HTTP 403 MissingAuthenticationTokenException), and there are no AWS credentials to sign one",
      );
    },
  );
});

describe("an API that refuses the credentials", () => {
  it("names the permission that is missing", async () => {
    const body = { __type: "AccessDeniedException", Message: "User is not authorized" };
    const { reports } = await scene("classic", "serve", { status: 403, body });

    const { unavailable } = (await reports.next(() => true)).job;

    expect(unavailable?.reason).toBe("DENIED");
    expect(unavailable?.message).toContain('the role needs "lookoutvision:DescribeModelPackagingJob" on Resource "*"');
  });

  it("reports that they have expired or are unknown", async () => {
    const body = {
      __type: "ExpiredTokenException",
      Message: "The security token included in the request is expired",
    };
    const { reports } = await scene("classic", "serve", { status: 403, body });

    const { unavailable } = (await reports.next(() => true)).job;

    expect(unavailable).toMatchObject({
      reason: "DENIED",
      message: expect.stringContaining("ExpiredTokenException"),
    });
  });
});
