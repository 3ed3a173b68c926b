type Entries = readonly (readonly [soname: string, path: string])[];

/** The bytes of a loader cache in the new format. */
export function ldCache(entries: Entries, arch = 0x0300): Buffer {
  const header = Buffer.alloc(48);
  header.write("glibc-ld.so.cache1.1", "latin1");
  header.writeUInt32LE(entries.length, 20);
  const { table, strings } = tableOf(entries, 24, header.length, arch);
  header.writeUInt32LE(strings.length, 24);
  return Buffer.concat([header, table, strings]);
}

/** The old format alone, as glibc before 2.2 wrote it, with the given bytes (the new format) after it. */
export function oldLdCache(entries: Entries, after: Buffer = Buffer.alloc(0), arch = 0x0300): Buffer {
  const header = Buffer.alloc(16);
  header.write("ld.so-1.7.0\0", "latin1");
  header.writeUInt32LE(entries.length, 12);
  const { table, strings } = tableOf(entries, 12, -entries.length * 12, arch);
  const old = Buffer.concat([header, table]);
  if (after.length === 0) return Buffer.concat([old, strings]);
  return Buffer.concat([old, Buffer.alloc(Math.ceil(old.length / 8) * 8 - old.length), after]);
}

function tableOf(entries: Entries, size: number, before: number, arch: number) {
  const table = Buffer.alloc(entries.length * size);
  let strings = Buffer.alloc(0);
  const add = (text: string) => {
    const at = before + table.length + strings.length;
    strings = Buffer.concat([strings, Buffer.from(`${text}\0`, "latin1")]);
    return at;
  };
  entries.forEach(([soname, path], i) => {
    table.writeInt32LE(arch | 3, i * size);
    table.writeUInt32LE(add(soname), i * size + 4);
    table.writeUInt32LE(add(path), i * size + 8);
  });
  return { table, strings };
}
