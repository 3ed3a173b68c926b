import { afterEach, describe, expect, it } from "vitest";
import { NAME, startScene } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe.each(["classic", "lite"] as const)("a newer recipe on the %s nucleus", (flavour) => {
  it(`${flavour === "lite" ? "replaces" : "leaves"} older defaults, and what was merged stays in use`, async () => {
    const it = await startScene({ flavour, restart: true, configuration: { localTopic: "packdrift/merged" } });
    open.push(it);
    const copied = ({ operation }: { readonly operation: string }) => operation === "PublishToTopic";
    await it.nucleus.calls.waitFor(copied);
    const starts = it.component.starts.all.length;

    await it.nucleus.deploy(NAME, {
      version: "9.0.0",
      defaultConfiguration: { nodePath: process.execPath, localTopic: "packdrift/default" },
    });

    await it.component.starts.waitFor(() => true, starts + 1);
    await it.nucleus.calls.waitFor(copied, 2);
    expect(it.nucleus.configurationOf(NAME)).toMatchObject({
      nodePath: flavour === "lite" ? process.execPath : "node",
      localTopic: "packdrift/merged",
    });
    const topics = it.nucleus.calls.all.filter(copied).map(({ request }) => request.topic);
    expect(new Set(topics)).toEqual(new Set(["packdrift/merged"]));
  });
});
