import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate authority with a server's and a device's certificate, and a second authority that nobody trusts. */
export function makeCertificates(folder: string) {
  made ??= makeOnce();
  cpSync(made, folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  return { path, ca: path("ca.pem"), cert: path("device.pem"), key: path("device.key") };
}

let made: string | null = null;

/** Ten runs of openssl: once in a process, in a folder that ends with it. */
function makeOnce(): string {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-certificates-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) =>
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = (name: string) =>
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      path(`${name}.key`),
      "-out",
      path(`${name}.pem`),
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    );
  const signed = (name: string, by: string, subject: string, names: string) => {
    writeFileSync(path(`${name}.ext`), names);
    openssl("req", ...newKey, "-keyout", path(`${name}.key`), "-out", path(`${name}.csr`), "-subj", subject);
    const authorityFiles = ["-CA", path(`${by}.pem`), "-CAkey", path(`${by}.key`), "-CAcreateserial"];
    openssl(
      "x509",
      "-req",
      "-in",
      path(`${name}.csr`),
      ...authorityFiles,
      "-out",
      path(`${name}.pem`),
      "-days",
      "2",
      "-extfile",
      path(`${name}.ext`),
    );
    chmodSync(path(`${name}.key`), 0o600);
  };
  authority("ca");
  authority("stranger");
  signed("server", "ca", "/CN=localhost", "subjectAltName=DNS:localhost");
  signed("elsewhere", "ca", "/CN=elsewhere.example", "subjectAltName=DNS:elsewhere.example");
  signed("device", "ca", "/CN=line-4", "keyUsage=digitalSignature");
  signed("intruder", "stranger", "/CN=line-4", "keyUsage=digitalSignature");
  return folder;
}
