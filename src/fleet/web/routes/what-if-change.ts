import { InvalidInputError } from "../../../base/errors.js";
import type { WhatIfChange } from "../../state/judged-views.js";

/** What can be supposed of devices. */
export const CHANGES = ["jetpack", "driver", "cuda", "tensorrt"] as const;

/** The versions in a query. Throws InvalidInputError for anything else. */
export function changeOf(query: URLSearchParams): WhatIfChange {
  const change: { -readonly [K in keyof WhatIfChange]: string } = {};
  for (const name of CHANGES) {
    const text = query.get(name)?.trim() ?? "";
    if (text === "") continue;
    if (!/^[\d.]{1,40}$/.test(text))
      throw new InvalidInputError(`Cannot use "${name}": must be a version such as 5.1.2`);
    change[name] = text;
  }
  return change;
}
