import { printable } from "../base/text.js";
import { sameAsFar } from "../base/version.js";
import { known } from "../device/facts.js";
import type { Deployed } from "../drift/deployed.js";
import type { Subject } from "../drift/needs.js";
import { textOf } from "../drift/requirements-of-model.js";
import { shorten } from "./encode.js";
import type { ReportedModel } from "./report.js";

/**
 * The most bytes of JSON that each text of the block takes. With the keys the block stays under 600 bytes, so that it
 * fits into every report, whatever the files are called.
 */
const MOST = {
  component: 100,
  version: 24,
  arch: 16,
  tensorrt: 40,
  cuda: 40,
  codes: 80,
  ptxIsa: 12,
  glibc: 16,
  loaded: 80,
} as const;

/** What the model's files say and what the Edge Agent has loaded, in short; undefined if neither was read. */
export function reportedModel(model: Subject["model"], deployed: Deployed | null): ReportedModel | undefined {
  const loaded = known(deployed?.model);
  if (model === null && loaded === null) return undefined;
  const short = (key: keyof typeof MOST, text: string | null | undefined) =>
    text == null || text === "" ? null : shorten(printable(text), MOST[key]);
  return {
    component: short("component", model?.component),
    version: short("version", model?.version),
    arch: short("arch", model?.arch?.value),
    accelerator: model?.accelerator?.value ?? null,
    tensorrt: short("tensorrt", versions(model?.tensorrt)),
    cuda: short("cuda", versions(model?.cuda)),
    codes: short("codes", values(model?.codes.map((one) => ({ ...one, value: textOf(one.value) })))),
    ptxIsa: short("ptxIsa", model?.ptxIsa?.value),
    glibc: short("glibc", model?.floors.glibc?.value),
    unread: Math.min(model?.unread.length ?? 0, 9_999),
    loaded: short("loaded", loaded && `${nameIn(loaded.arn)} ${loaded.status}`),
  };
}

function values(statements: readonly { readonly value: string }[] | undefined): string {
  return [...new Set((statements ?? []).map(({ value }) => value))].join(", ");
}

/** The versions, without those that another one states more precisely: a library's name has only the major. */
function versions(statements: readonly { readonly value: string }[] = []): string {
  const isLessPrecise = (value: string) =>
    statements.some((other) => other.value.length > value.length && sameAsFar(other.value, value));
  return values(statements.filter(({ value }) => !isLessPrecise(value)));
}

/** `bolts/3` of `arn:…:model/bolts/3` */
function nameIn(arn: string): string {
  return /:model\/([^/]+\/[^/]+)$/.exec(arn)?.[1] ?? arn;
}
