export interface StatedVersion {
  readonly file: string;
  readonly version: string;
  readonly at: number;
}

export function statedVersions(top: string): readonly StatedVersion[];
export function setVersion(top: string, version: string): void;
