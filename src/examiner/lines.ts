/**
 * Calls back for each whole line; `node:readline` would cost each side 0.3 MB. An unfinished last line is dropped: its
 * writer died while writing it.
 */
export function eachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const [head = "", ...lines] = chunk.split("\n");
    rest.push(head);
    for (const line of lines) {
      take(rest.join(""));
      rest = [line];
    }
  });
}
