import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connectBroker } from "../../src/lab/mqtt-port.js";
import { makeCertificates } from "../chaos/certificates.js";
import { mosquitto } from "../chaos/mosquitto.js";
import { lacks } from "../needed.js";
import { until } from "../until.js";
import { liveAlone, startAlone, THING } from "./alone.js";
import { startCloudShadow } from "./cloud-shadow.js";
import { startScene } from "./flow-parts.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function alone(options: Parameters<typeof startAlone>[0] = {}) {
  const scene = await startAlone(options);
  closers.push(scene.close);
  return scene;
}

describe.skipIf(lacks("mosquitto", "openssl"))("a device without Greengrass", () => {
  it("runs over MQTT 5 with mutual TLS, receives requests and acknowledgements, stops in order and writes no secret", () =>
    liveAlone(process.execPath));

  it("answers requests as with Greengrass: facts, flush, malformed and repeated requests, and broadcasts", async () => {
    const { ask, answers, parsedOn, logged, output, stop } = await alone();
    await logged("subscriptions.open");

    await ask(`${THING}/facts`, { id: "f" });
    await answers(1);
    await ask(`${THING}/flush`, { id: "now" });
    await ask(`${THING}/flush`, { id: "now" });
    await ask(`${THING}/check`, "{");
    await ask(`${THING}/reboot`, { id: "r" });
    await ask("all/flush", { id: "fleet", spreadSeconds: 0 });

    const all = await answers(4);
    const short = (wanted: string) =>
      all.filter(({ command }) => command === wanted).map(({ id, status, result }) => ({ id, status, result }));
    expect(short("facts")).toMatchObject([{ id: "f", status: "DONE", result: { arch: "X86_64" } }]);
    expect(short("flush").sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))).toEqual([
      { id: "fleet", status: "DONE", result: { waiting: 0 } },
      { id: "now", status: "DONE", result: { waiting: 0 } },
    ]);
    expect([short("check"), short("reboot")]).toEqual([[{ id: null, status: "REFUSED" }], []]);
    expect(parsedOn(`${THING}/facts`)).toMatchObject([{ thing: THING, facts: { arch: "X86_64" } }]);
    await logged("request.repeated");
    await stop();
    expect(output()).toMatch(/"malformed":1.*"event":"requests.dropped"/);
  });

  it("receives requests again after the broker was gone and lost its session, and says that it has reconnected", async () => {
    const { broker, ask, answers, logged, messages, output } = await alone({ settings: "echoSeconds: 1\n" });
    await logged("subscriptions.open");
    await until(() => messages.some(({ topic }) => topic.endsWith("/echo")));

    await broker.kill();
    await logged("mqtt.lost");
    // Longer than the echo's interval: the component says that it is back only after an echo was missed.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await broker.start();

    await until(() => /"trigger":"RECONNECT".*"event":"check.done"/.test(output()));
    await ask(`${THING}/flush`, { id: "back" });
    expect(await answers(1)).toMatchObject([{ id: "back", status: "DONE" }]);
  });

  it("answers after a restart, once, a request that came while it was down", async () => {
    const { ask, answers, logged, stop, again, parsedOn } = await alone();
    await logged("subscriptions.open");
    await stop();
    await ask(`${THING}/flush`, { id: "meanwhile" });
    await ask(`${THING}/flush`, { id: "meanwhile" });

    again();

    expect(await answers(1)).toMatchObject([{ id: "meanwhile", status: "DONE" }]);
    await logged("request.repeated");
    expect(parsedOn("/res")).toHaveLength(1);
  });

  it("keeps the named shadow and obeys it", async () => {
    const { cloud, config, reload, logged } = await alone();
    await logged("report.delivered");
    const shadow = await startCloudShadow(cloud, THING);
    writeFileSync(config, `${readFileSync(config, "utf8")}shadow: true\n`);
    reload();

    expect(await shadow.next(() => true)).toMatchObject({ drift: "IN_SYNC", runnable: "RUNNABLE", logLevel: "info" });
    shadow.desire({ logLevel: "warn" });

    // The capabilities of a nucleus that is not there are none.
    expect(await shadow.next(({ logLevel }) => logLevel === "warn")).toMatchObject({ drift: "IN_SYNC", caps: [] });
  });

  it("says that local topics and metrics need Greengrass", async () => {
    const { output, logged } = await alone({ settings: "localTopic: packdrift/reports\ncloudwatchMetrics: Factory\n" });

    await logged("message.not-sent", 2);

    expect(output()).toContain(
      'Cannot publish to the local topic \\"packdrift/reports\\": there is no Greengrass here',
    );
    expect(output()).toContain(
      'Cannot publish to the local topic \\"cloudwatch/metric/put\\": there is no Greengrass here',
    );
  });
});

describe.skipIf(lacks("mosquitto", "openssl")).each(["classic", "lite"] as const)(
  "a device with Greengrass (%s) that reports over MQTT all the same",
  (flavour) => {
    it("reads its configuration from the nucleus, and sends and receives everything over its own connection", async () => {
      const folder = mkdtempSync(join(tmpdir(), "packdrift-both-"));
      closers.push(() => rmSync(folder, { recursive: true, force: true }));
      const { ca, cert, key } = makeCertificates(folder);
      const broker = await mosquitto(folder);
      await broker.start();
      closers.push(broker.kill);
      const cloud = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`);
      closers.push(cloud.close);
      const came: { readonly topic: string; readonly text: string }[] = [];
      for (const filter of ["dt/#", "cmd/+/+/+/+/res"]) {
        await cloud.subscribe(filter, 1, ({ topic, payload }) => void came.push({ topic, text: payload.toString() }));
      }
      const mqtt = { endpoint: "localhost", port: broker.tlsPort, cert, key, ca };
      const scene = await startScene({ flavour, configuration: { transport: "mqtt", mqtt } });
      closers.push(scene.close);
      const { output } = scene.component;
      await output.waitFor(({ text }) => text.includes('"event":"report.delivered"'));
      await output.waitFor(({ text }) => text.includes('"event":"subscriptions.open"'));

      await cloud.publish("cmd/packdrift/v1/line-4/flush/req", Buffer.from('{"id":"f"}'), { qos: 1 });
      await cloud.publish("cmd/packdrift/v1/line-4/ack/req", Buffer.from('{"sequence":1}'), { qos: 1 });

      await output.waitFor(({ text }) => text.includes('"event":"report.acknowledged"'));
      await until(() => came.some(({ topic }) => topic.endsWith("flush/res")));
      const report = JSON.parse(came.find(({ topic }) => topic.endsWith("/report"))?.text ?? "{}");
      expect(report).toMatchObject({
        drift: "IN_SYNC",
        agent: { transport: "mqtt" },
        component: { deployedVersion: "4.0.0" },
      });
      expect([scene.reports.topics, scene.nucleus.subscriptions.filter((name) => name.endsWith("IoTCore"))]).toEqual([
        [],
        [],
      ]);
    });
  },
);
