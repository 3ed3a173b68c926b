// The messages of AWS.LookoutVision.EdgeAgent that we use, in protobuf's wire format (proto3). String and enum fields alone are
// not worth a protobuf runtime.

/** A model as ListModels and DescribeModel describe it. */
export interface EdgeModel {
  readonly component: string;
  /** `arn:aws:lookoutvision:eu-west-1:123456789012:model/<project>/<model version>` */
  readonly arn: string;
  /** `STOPPED` `STARTING` `RUNNING` `FAILED` `STOPPING`, or the number of a status added later. */
  readonly status: string;
  readonly message: string;
}

const STATUSES = ["STOPPED", "STARTING", "RUNNING", "FAILED", "STOPPING"];
const LENGTH_DELIMITED = 2;

/** DescribeModelRequest: `model_component` is field 1. */
export function encodeDescribeModel(component: string): Uint8Array {
  const text = new TextEncoder().encode(component);
  const length = text.length < 128 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Uint8Array.from([(1 << 3) | LENGTH_DELIMITED, ...length, ...text]);
}

/** DescribeModelResponse: `model_description` is field 1; null when it is missing. Throws RangeError when the bytes are not such a message. */
export function decodeDescribeModel(bytes: Uint8Array): EdgeModel | null {
  return decodeListModels(bytes)[0] ?? null;
}

/** ListModelsResponse: `models` is the repeated field 1. Throws RangeError when the bytes are not such a message. */
export function decodeListModels(bytes: Uint8Array): readonly EdgeModel[] {
  return fieldsOf(bytes).flatMap(({ field, value }) =>
    field === 1 && typeof value !== "number" ? [decodeModel(value)] : [],
  );
}

function decodeModel(bytes: Uint8Array): EdgeModel {
  const texts = new Map<number, string>();
  // proto3 omits a status of 0.
  let status = 0;
  for (const { field, value } of fieldsOf(bytes)) {
    if (typeof value !== "number") texts.set(field, new TextDecoder().decode(value));
    else if (field === 3) status = value;
  }
  const text = (field: number) => texts.get(field) ?? "";
  return { component: text(1), arn: text(2), status: STATUSES[status] ?? String(status), message: text(4) };
}

/** The varint and length-delimited fields of a message; fields of other types are skipped. */
function fieldsOf(bytes: Uint8Array): readonly { readonly field: number; readonly value: number | Uint8Array }[] {
  const found: { readonly field: number; readonly value: number | Uint8Array }[] = [];
  let at = 0;
  const skip = (count: number) => {
    at += count;
    if (at > bytes.length) throw new RangeError("The message ends inside a field");
    return bytes.subarray(at - count, at);
  };
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = skip(1)[0] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("A number of the message does not end");
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        found.push({ field, value: varint() });
        break;
      case 1:
        skip(8);
        break;
      case LENGTH_DELIMITED:
        found.push({ field, value: skip(varint()) });
        break;
      case 5:
        skip(4);
        break;
      default:
        throw new RangeError(`A field of the message has the unknown type ${key % 8}`);
    }
  }
  return found;
}
