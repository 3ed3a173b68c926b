import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../chaos/certificates.js";
import { type Mosquitto, mosquitto } from "../chaos/mosquitto.js";
import { lacks } from "../needed.js";
import { errorsOf } from "../schema-errors.js";
import { packdrift } from "./cli.js";
import { TOP } from "./flow-parts.js";

const THING = "line-9";
const JOB = join(TOP, "src/lab/jobs/x86-cpu-avx2.json");

let folder: string;
let certificates: ReturnType<typeof makeCertificates>;
let broker: Mosquitto;
const brokers: Mosquitto[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-doctor-"));
  certificates = makeCertificates(folder);
  mkdirSync(join(folder, "work"), { mode: 0o700 });
  broker = await started({});
});
afterAll(async () => {
  for (const each of brokers) await each.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function started(options: Parameters<typeof mosquitto>[1]): Promise<Mosquitto> {
  const made = await mosquitto(folder, options);
  await made.start();
  brokers.push(made);
  return made;
}

interface Asked {
  readonly mqtt?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly work?: string;
}

/** The doctor's answer on a device without Greengrass. */
async function askDoctor({ mqtt = {}, settings = {}, work = join(folder, "work") }: Asked = {}) {
  const { ca, cert, key } = certificates;
  const config = join(folder, "config.json");
  writeFileSync(
    config,
    JSON.stringify({
      transport: "mqtt",
      mqtt: { endpoint: "localhost", port: broker.tlsPort, ca, cert, key, ...mqtt },
      jobs: [{ project: "bottle-caps", job: "bottle-caps-x86-cpu" }],
      source: { type: "file", path: JOB },
      ...settings,
    }),
  );
  const args = ["--config", config, "--thing", THING, "--work", work, "--root", join(TOP, "test/hosts/aws-t3-nogpu")];
  const { code, out, err } = await packdrift(["doctor", "--json", ...args]);
  if (out === "") throw new Error(`the doctor wrote nothing: ${err}`);
  expect(errorsOf("doctor-1", JSON.parse(out))).toBeNull();
  const lines: readonly { id: string; state: string; found: string; fix: string | null }[] = JSON.parse(out).lines;
  return {
    code,
    problems: lines.filter(({ state }) => state === "PROBLEM").map(({ id }) => id),
    line: (id: string) => lines.find((line) => line.id === id),
  };
}

const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });

/** A certificate of the authority for these days from 2020 on. */
function outdated(name: string, names: string): void {
  const path = certificates.path;
  writeFileSync(path(`${name}.ext`), names);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", ...newKey, "-keyout", path(`${name}.key`), "-out", path(`${name}.csr`), "-subj", "/CN=localhost");
  writeFileSync(path(`${name}.index`), "");
  writeFileSync(path(`${name}.serial`), "01");
  writeFileSync(
    path(`${name}.cnf`),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${path(`${name}.index`)}\nserial=${path(`${name}.serial`)}\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
  );
  const authority = ["-cert", path("ca.pem"), "-keyfile", path("ca.key")];
  const dates = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"];
  const files = ["-in", path(`${name}.csr`), "-out", path(`${name}.pem`), "-extfile", path(`${name}.ext`)];
  openssl("ca", "-batch", "-notext", "-config", path(`${name}.cnf`), ...authority, ...dates, ...files);
  chmodSync(path(`${name}.key`), 0o600);
}

describe.skipIf(lacks("openssl", "mosquitto"))("packdrift doctor on a device without Greengrass", () => {
  it("finds everything working when the broker grants everything", async () => {
    const { code, problems, line } = await askDoctor();

    expect([problems, code]).toEqual([[], 0]);
    expect(line("broker.tls")?.found).toMatch(/^TLSv1\.[23]; the server's certificate is trusted and valid until /);
    expect(line("broker.session")).toMatchObject({ state: "OK", found: "accepted" });
    expect(line("broker.publish")).toMatchObject({ state: "OK", found: "acknowledged" });
    expect(line("broker.subscribe")).toMatchObject({ state: "OK" });
    expect(line("nucleus.socket")).toMatchObject({ state: "NOT_TRIED" });
    expect(line("nucleus.socket")?.found).toMatch(/^no Greengrass on this device/);
  });

  it("names a port on which nothing listens", async () => {
    const { code, line } = await askDoctor({ mqtt: { port: 9 } });

    expect(code).toBe(1);
    expect(line("broker.tls")?.fix).toMatch(/^Start the broker, or correct "mqtt\.endpoint".*localhost:9/);
  });

  it("names an authority that did not issue the broker's certificate", async () => {
    const { line } = await askDoctor({ mqtt: { ca: certificates.path("stranger.pem") } });

    expect(line("broker.tls")?.found).toMatch(/issued by "ca", is not trusted by .*stranger\.pem/);
    expect(line("broker.tls")?.fix).toMatch(/^Set "mqtt\.ca" to the PEM file of the authority/);
  });

  it("names the host that the broker's certificate is for", async () => {
    const elsewhere = await started({ certificate: "elsewhere" });

    const { line } = await askDoctor({ mqtt: { port: elsewhere.tlsPort } });

    expect(line("broker.tls")?.found).toBe("the server's certificate is for DNS:elsewhere.example, not for localhost");
    expect(line("broker.tls")?.fix).toMatch(/^Set "mqtt\.endpoint" to a name in the certificate/);
  });

  it("reports an expired certificate of the device, and one of the broker", async () => {
    outdated("old-device", "keyUsage=digitalSignature");
    outdated("old-server", "subjectAltName=DNS:localhost");
    const old = { cert: certificates.path("old-device.pem"), key: certificates.path("old-device.key") };
    const outdatedBroker = await started({ certificate: "old-server" });

    const device = await askDoctor({ mqtt: old });
    const server = await askDoctor({ mqtt: { port: outdatedBroker.tlsPort } });

    expect(device.line("broker.certificate")?.found).toMatch(/^it expired on 2021-01-01T00:00:00\.000Z/);
    expect(device.line("broker.certificate")?.fix).toMatch(/^Issue a new certificate for the device/);
    expect(server.line("broker.tls")?.found).toMatch(/^the server's certificate expired on 2021-01-01/);
    expect(server.line("broker.tls")?.fix).toMatch(/^Renew the broker's certificate/);
  });

  it("reports a certificate that the broker does not know", async () => {
    const { cert, key } = { cert: certificates.path("intruder.pem"), key: certificates.path("intruder.key") };

    const { code, line } = await askDoctor({ mqtt: { cert, key } });

    expect(code).toBe(1);
    const refused = line("broker.session") ?? line("broker.tls");
    expect(refused?.state).toBe("PROBLEM");
    expect(refused?.fix).toMatch(/^Register this device's certificate with the broker/);
  });

  it("names the topic that the broker denies", async () => {
    const denied = `dt/packdrift/v1/${THING}/echo`;
    const strict = await started({ denied });

    const { line } = await askDoctor({ mqtt: { port: strict.tlsPort } });

    expect(line("broker.publish")).toMatchObject({ state: "PROBLEM", found: "refused with reason not authorized" });
    expect(line("broker.publish")?.fix).toContain(`Allow iot:Publish on topic/${denied}`);
    expect(line("broker.subscribe")?.found).toBe(`refused: ${denied}`);
    expect(line("broker.subscribe")?.fix).toContain(`Allow iot:Subscribe and iot:Receive on ${denied}`);
  });

  it("names a key that others may read, a key of another certificate, and a file that is not there", async () => {
    const open = certificates.path("open.key");
    writeFileSync(open, readFileSync(certificates.key), { mode: 0o644 });

    expect((await askDoctor({ mqtt: { key: open } })).line("broker.files")?.fix).toBe(`chmod 600 ${open}`);
    const other = await askDoctor({ mqtt: { key: certificates.path("intruder.key") } });
    expect(other.line("broker.certificate")?.fix).toBe("Install the certificate and the key of one pair");
    const missing = await askDoctor({ mqtt: { cert: "/no/such.pem" } });
    expect(missing.line("broker.files")?.found).toBe('there is no "/no/such.pem"');
    expect(missing.line("broker.files")?.fix).toMatch(/^Put the file there, readable for user/);
  });

  it("names a job that the source does not have, and a source that cannot be reached", async () => {
    const jobs = [{ project: "bottle-caps", job: "other" }];
    const absent = await askDoctor({ settings: { jobs } });
    const gone = await askDoctor({ settings: { source: { type: "archive", endpoint: "http://127.0.0.1:9" } } });

    expect(absent.line("source")?.state).toBe("PROBLEM");
    expect(absent.line("source")?.fix).toMatch(/docs\/recover-jobs\.md|DescribeModelPackagingJob/);
    expect(gone.line("source")?.fix).toMatch(/^Check that the source can be reached from this device/);
  });

  it("reports the difference between this device's clock and the archive's", async () => {
    const server = createServer((_, answer) => {
      answer.sendDate = false;
      answer.writeHead(404, { date: new Date(Date.now() - 3_600_000).toUTCString() }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const { line } = await askDoctor({ settings: { source: { type: "archive", endpoint } } });
    server.close();

    expect(line("clock")?.found).toMatch(/^this device is 360\d s ahead$/);
    expect(line("clock")?.fix).toMatch(/^Set the clock that is wrong: timedatectl set-ntp true/);
  });

  it("names a bad configuration, and transport ipc without Greengrass", async () => {
    const bad = await askDoctor({ settings: { heartbeatHours: 0 } });
    const ipc = await askDoctor({ settings: { transport: "ipc" } });

    expect(bad.line("configuration")?.found).toContain('Cannot read setting "heartbeatHours": must be 1 or more, is 0');
    expect(bad.line("configuration")?.fix).toMatch(/^Correct these settings/);
    expect(ipc.line("broker")?.fix).toMatch(/^Set "transport" to mqtt with "mqtt"/);
  });
});
