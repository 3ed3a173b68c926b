export interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string | null;
  readonly notice: string | null;
  readonly integrity: string | null;
  readonly dependencies: readonly string[];
}
export interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity?: string }>>;
}

export const NATIVE_LIBRARIES: readonly string[];
export function packagesIn(metafiles: readonly Metafile[]): string[];
export function describePackage(name: string, lock: Lock, folder?: string): Package;
