import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCompilerOptions } from "../../src/job/compiler-options.js";
import type { CompilerOptions } from "../../src/job/job.js";

interface Seen {
  readonly what: string;
  readonly compilerOptions: string;
  readonly form: "json" | "single-quoted";
}
const SEEN: readonly Seen[] = JSON.parse(
  readFileSync(new URL("./fixtures/compiler-options-seen.json", import.meta.url), "utf8"),
);

const NOTHING = { gpuCode: null, trtVer: null, cudaVer: null, mcpu: null, mattr: [], other: {}, problems: [] };

function some(
  text: string | null,
  form: CompilerOptions["form"],
  told: Partial<CompilerOptions> = {},
): CompilerOptions {
  return { ...NOTHING, form, text, ...told };
}

describe("parseCompilerOptions", () => {
  it.each(SEEN)("reads options seen in the field: $what", ({ compilerOptions: text, form }) => {
    const options = parseCompilerOptions(text);
    const value = (key: string): string | null => {
      const match = new RegExp(`^\\{.*?["']${key}["']: ["']([^"']+)`).exec(text);
      return match?.[1] ?? null;
    };

    expect(options).toEqual({
      form: form === "json" ? "json" : "tolerated",
      text,
      gpuCode: value("gpu[-_]code"),
      trtVer: value("trt-ver"),
      cudaVer: value("cuda-ver"),
      mcpu: value("mcpu"),
      mattr: text.includes("mattr") ? ["+neon", "+vfpv4"] : [],
      other: expect.anything(),
      problems: [],
    });
  });

  it("returns keys that are not compared as text, in order", () => {
    const text =
      '{"precision-mode": "fp16", "size": 2147483648, "aux": {"a": [1, null]}, "on": true, "__proto__": "x"}';

    const { other } = parseCompilerOptions(text);

    expect(Object.entries(other)).toEqual([
      ["precision-mode", "fp16"],
      ["size", "2147483648"],
      ["aux", '{"a":[1,null]}'],
      ["on", "true"],
      ["__proto__", "x"],
    ]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it.each([null, "", "  \n"])("finds no options in %j", (text) => {
    expect(parseCompilerOptions(text)).toEqual(some(text, "none"));
  });

  it.each([
    [
      "a quote of the other kind inside",
      `{'gpu-code': 'sm_72', 'x': '{"a": "b"}'}`,
      { gpuCode: "sm_72", other: { x: '{"a": "b"}' } },
    ],
    [
      "an escaped quote",
      `{'mcpu': 'core-avx2', 'note': 'it\\'s \\u0041\\x42\\n'}`,
      { mcpu: "core-avx2", other: { note: "it's AB\n" } },
    ],
    [
      "an apostrophe in double quotes",
      `{"mcpu": "core-avx2", "note": "it's", }`,
      { mcpu: "core-avx2", other: { note: "it's" } },
    ],
    [
      "nothing quoted",
      "{gpu-code: sm_72, trt-ver: 8.2.1, cuda-ver: v}",
      { gpuCode: "sm_72", trtVer: "8.2.1", problems: ['"cuda-ver" must be a version, such as "10.2", is "v"'] },
    ],
    [
      "Python's words and prefix",
      `{u'mcpu': None, 'on': True, 'list': [False,]}`,
      { other: { on: "true", list: "[false]" } },
    ],
    ["typographic quotes", "{“gpu-code”: ‘sm_72’}", { gpuCode: "sm_72" }],
    ["a text inside a text", JSON.stringify('{"gpu-code": "sm_72"}'), { gpuCode: "sm_72" }],
    ["quotes escaped for a shell", '{\\"gpu-code\\": \\"sm_72\\"}', { gpuCode: "sm_72" }],
    ["a text inside a text, after white space", JSON.stringify(' {"gpu-code": "sm_72"}'), { gpuCode: "sm_72" }],
    ["escaped quotes after white space", ' {\\"gpu-code\\": \\"sm_72\\"}', { gpuCode: "sm_72" }],
    ["white space and lines", "\n{ 'mattr' :\n['+neon' , '-fp'] }\n", { mattr: ["+neon", "-fp"] }],
  ])("tolerates %s", (_, text, told) => {
    expect(parseCompilerOptions(text)).toEqual(some(text, "tolerated", told));
  });

  it.each([
    ["", { "gpu-code": 72 }, ['"gpu-code" must be text, is the number 72']],
    ["", { "trt-ver": ["8.2.1"] }, ['"trt-ver" must be text, is an array']],
    ["", { "gpu-code": "xavier" }, ['"gpu-code" must be "sm_" and a number, such as "sm_72", is "xavier"']],
    ["", { "cuda-ver": true }, ['"cuda-ver" must be text, is true']],
    ["", { mattr: "+neon" }, ['"mattr" must be a list of flags, is text']],
    ["", { mattr: true }, ['"mattr" must be a list of flags, is true']],
    ["", { mattr: [{}] }, ['"mattr" must hold flags such as "+neon", has an object']],
    ["", { "trt-ver": { major: 8 } }, ['"trt-ver" must be text, is an object']],
    ["", { mcpu: "" }, ['"mcpu" must be the name of a CPU, such as "core-avx2", is ""']],
    ["", { mcpu: "a\u001b[2J" }, ['"mcpu" must be the name of a CPU, such as "core-avx2", is "a\\u001b[2J"']],
  ])("reports a value of a wrong type or form and ignores it%s: %j", (_, options, problems) => {
    const text = JSON.stringify(options);

    expect(parseCompilerOptions(text)).toEqual(some(text, "json", { problems }));
  });

  it("ignores white space around a value, and the case of a GPU code alone", () => {
    const text = '{"gpu-code": " SM_72", "trt-ver": "8.2.1 ", "mcpu": "Core-AVX2"}';

    expect(parseCompilerOptions(text)).toEqual(
      some(text, "json", { gpuCode: "sm_72", trtVer: "8.2.1", mcpu: "Core-AVX2" }),
    );
  });

  it("reads null as an option that is not given", () => {
    const text = '{"gpu-code": null, "mattr": null}';

    expect(parseCompilerOptions(text)).toEqual(some(text, "json"));
  });

  it("shows the first 40 digits of a long number", () => {
    const { problems } = parseCompilerOptions(`{"gpu-code": ${"7".repeat(50)}}`);

    expect(problems).toEqual([`"gpu-code" must be text, is the number ${"7".repeat(40)}`]);
  });

  it("returns the good flags next to a bad one", () => {
    const text = '{"mattr": ["+neon", 4, "+fp 16"]}';

    expect(parseCompilerOptions(text)).toEqual(
      some(text, "json", {
        mattr: ["+neon"],
        problems: [
          '"mattr" must hold flags such as "+neon", has the number 4',
          '"mattr" must hold flags such as "+neon", has "+fp 16"',
        ],
      }),
    );
  });

  it("uses the last value of a repeated key, and reports the repetition", () => {
    const text = '{"gpu-code": "sm_72", "trt-ver": "8.2.1", "gpu-code": "sm_75", "trt-ver": "8.2.1"}';

    expect(parseCompilerOptions(text)).toEqual(
      some(text, "json", {
        gpuCode: "sm_75",
        trtVer: "8.2.1",
        problems: ['"gpu-code" is given twice, "sm_72" and "sm_75": the last counts'],
      }),
    );
  });

  it("prefers gpu-code to gpu_code, and reports when they differ", () => {
    const text = '{"gpu-code": "sm_72", "gpu_code": "sm_75"}';

    expect(parseCompilerOptions(text)).toEqual(
      some(text, "json", {
        gpuCode: "sm_72",
        problems: ['"gpu-code" and "gpu_code" differ, "sm_72" and "sm_75": "gpu-code" counts'],
      }),
    );
  });

  it("reads gpu_code among other options, and accepts both spellings of one code", () => {
    const only = '{"gpu_code": "sm_72", "trt-ver": "8.2.1"}';
    const both = '{"gpu-code": "sm_72", "gpu_code": "sm_72"}';

    expect(parseCompilerOptions(only)).toEqual(some(only, "json", { gpuCode: "sm_72", trtVer: "8.2.1" }));
    expect(parseCompilerOptions(both)).toEqual(some(both, "json", { gpuCode: "sm_72" }));
  });

  it.each([
    ["[1]", "must be an object, is an array"],
    ["null", "must be an object, is null"],
    ['["{}"]', "must be an object, is an array"],
    ['"options: {}"', "must be an object, is text"],
    ["7", "must be an object, is the number 7"],
    ["sm_72", "must be an object, is text"],
    ['"sm_72"', "must be an object, is text"],
    ["{'gpu-code': 'sm_72'", 'cannot be read: needs "," or "}" at character 21, ends'],
    ["{'gpu-code': 'sm_72", "cannot be read: the text that begins at character 14 has no end"],
    ["{'gpu-code' 'sm_72'}", 'cannot be read: needs ":" at character 13, has "\'"'],
    ["{'a': 'b'} {", 'cannot be read: needs the end at character 12, has "{"'],
    ["{'note': 'it's'}", 'cannot be read: needs "," or "}" at character 14, has "s"'],
    ["--gpu sm_72", 'cannot be read: needs the end at character 7, has "s"'],
    ["{\\", 'cannot be read: needs a value at character 2, has "\\\\"'],
    ["\u009b", 'cannot be read: needs a value at character 1, has "\\u009b"'],
    ["\u0000", 'cannot be read: needs a value at character 1, has "\\u0000"'],
  ])("says why it cannot read %j", (text, problem) => {
    expect(parseCompilerOptions(text)).toEqual(some(text, "unparseable", { problems: [problem] }));
  });

  it("truncates a text that is too long", () => {
    const options = parseCompilerOptions("x".repeat(1_000_000));

    expect(options).toEqual(
      some("x".repeat(65_536), "unparseable", { problems: ["must have at most 65536 characters, has 1000000"] }),
    );
  });

  it("reads a text of the greatest length", () => {
    const text = "{}".padEnd(65_536);

    expect(parseCompilerOptions(text)).toEqual(some(text, "json"));
  });

  it("reports as many problems as it may without counting the rest", () => {
    expect(parseCompilerOptions(`{"mattr": [${"1,".repeat(20)}]}`).problems).toHaveLength(20);
  });

  it("reports a bounded number of problems", () => {
    const { problems } = parseCompilerOptions(`{"mattr": [${"1,".repeat(20_000)}]}`);

    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe("and 19980 more");
  });

  const hostile = [
    "{",
    "[",
    "{'a':",
    "'",
    "\\",
    "{\\",
    '\\"',
    "{'a':'b',",
    "u'",
    " ",
    "{'\\",
    "“",
    "[{",
    "a",
    "{a:a,",
    "1",
    "-",
  ];

  it.each(hostile)("reads 64 KB of %j in linear time", (piece) => {
    const timeOf = (length: number): number => {
      const text = piece.repeat(Math.floor(length / piece.length));
      const before = process.cpuUsage();
      for (let run = 0; run < 5; run += 1) parseCompilerOptions(text);
      return process.cpuUsage(before).user / 1_000;
    };
    timeOf(4_096);

    // In CPU time, which other processes do not change. Linear work takes 16 times as long, quadratic work 256 times.
    expect(timeOf(65_536)).toBeLessThan(Math.max(timeOf(4_096) * 100, 250));
  });

  it("never throws, and recognises exactly the JSON objects as JSON", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.string({ unit: fc.constantFrom(..."{}[]:,'\"\\u a1") })),
        (text) => {
          const { form } = parseCompilerOptions(text);
          let object = false;
          try {
            const value: unknown = JSON.parse(text);
            object = typeof value === "object" && value !== null && !Array.isArray(value);
          } catch {}
          if (object) expect(form).toBe("json");
          else expect(form).not.toBe("json");
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
