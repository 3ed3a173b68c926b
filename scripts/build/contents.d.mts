export interface Package {
  readonly name: string;
  /** Where it is installed, below node_modules. */
  readonly place: string;
  readonly version: string;
  readonly license: string;
  readonly text: string | null;
  readonly notice: string | null;
  readonly integrity: string | null;
  /** Their places. */
  readonly dependencies: readonly string[];
}
export interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}
export interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version: string;
        readonly integrity?: string;
        readonly dependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

export const LINKED: Readonly<Record<string, readonly string[]>>;
export function packagesIn(metafiles: readonly Metafile[]): string[];
export function describePackage(place: string, lock: Lock, folder?: string): Package;
