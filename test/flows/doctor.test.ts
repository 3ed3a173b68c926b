import { afterEach, describe, expect, it } from "vitest";
import { errorsOf } from "../schema-errors.js";
import { packdrift } from "./cli.js";
import { NAME, startScene, TOP } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Line {
  readonly id: string;
  readonly state: string;
  readonly found: string;
  readonly fix: string | null;
}

async function askDoctor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, out, err } = await packdrift(["doctor", "--json", ...args], env);
  if (out === "") throw new Error(`the doctor wrote nothing: ${err}`);
  const page = JSON.parse(out);
  expect(errorsOf("doctor-1", page)).toBeNull();
  const lines: readonly Line[] = page.lines;
  return {
    code,
    page,
    lines,
    problems: lines.filter(({ state }) => state === "PROBLEM").map(({ id }) => id),
    line: (id: string) => lines.find((line) => line.id === id),
  };
}

describe.each(["classic", "lite"] as const)("packdrift doctor with a component on %s", (flavour) => {
  it("finds everything working, and changes nothing that others see", async () => {
    const scene = await startScene({ flavour });
    open.push(scene);
    await scene.reports.next(() => true);
    const before = scene.messages.filter(({ topic }) => !topic.endsWith("/echo")).length;

    const { code, problems, line } = await askDoctor(["--work", scene.work], scene.nucleus.environmentOf(NAME));

    expect([problems, code]).toEqual([[], 0]);
    expect(line("nucleus.login")).toMatchObject({ state: "OK" });
    expect(line("nucleus.flavour")?.found).toContain(flavour === "lite" ? "nucleus lite" : "classic nucleus");
    expect(line("policy.publish")?.found).toContain("dt/packdrift/v1/line-4/report");
    expect(line("policy.subscribe")).toMatchObject({ state: "OK" });
    expect(line("source")?.found).toMatch(/^archive http:/);
    expect(scene.messages.filter(({ topic }) => !topic.endsWith("/echo"))).toHaveLength(before);
  });

  it("names each topic that the access control denies, and the deployment that grants it", async () => {
    const scene = await startScene({
      flavour,
      accessControl: {
        "aws.greengrass.ipc.mqttproxy": {
          "io.packdrift.Monitor:mqttproxy:publish:1": {
            operations: ["aws.greengrass#PublishToIoTCore"],
            resources: ["dt/packdrift/v1/*/heartbeat", "dt/packdrift/v1/*/echo"],
          },
        },
      },
    });
    open.push(scene);

    const { code, line } = await askDoctor(["--work", scene.work], scene.nucleus.environmentOf(NAME));

    expect(code).toBe(1);
    for (const id of ["policy.publish", "policy.subscribe"]) {
      expect(line(id)?.state).toBe("PROBLEM");
      expect(line(id)?.fix).toMatch(/^Deploy the component with "reset": \["\/accessControl"\]/);
    }
    expect(line("policy.publish")?.found).toMatch(/dt\/packdrift\/v1\/line-4\/report/);
    expect(line("policy.publish")?.found).not.toMatch(/heartbeat/);
    expect(line("policy.subscribe")?.found).toMatch(/cmd\/packdrift\/v1\/line-4\/\+\/req.*Unauthorized/);
  });

  it("distinguishes a void token from a nucleus that is not there", async () => {
    const scene = await startScene({ flavour });
    open.push(scene);
    const env = scene.nucleus.environmentOf(NAME);

    const refused = await askDoctor(["--work", scene.work], { ...env, SVCUID: "0123456789ABCDEF" });
    const gone = await askDoctor(["--work", scene.work], {
      ...env,
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: `${TOP}/no.socket`,
    });

    expect(refused.line("nucleus.login")).toMatchObject({ state: "PROBLEM" });
    expect(refused.line("nucleus.login")?.fix).toMatch(/^Restart the component: its token became void/);
    expect(gone.line("nucleus.socket")).toMatchObject({ state: "PROBLEM" });
    expect(gone.line("nucleus.socket")?.fix).toMatch(/^Start the nucleus: sudo systemctl status/);
  });
});
