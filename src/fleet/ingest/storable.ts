const UNSTORABLE = /\0|\p{Cs}/u;
const EACH_UNSTORABLE = /\0|\p{Cs}/gu;

/** A text of at most `most` characters that both engines store unchanged: PostgreSQL has no NUL, UTF-8 no lone surrogates. */
export function storable(text: string, most: number): string {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return UNSTORABLE.test(short) ? short.replace(EACH_UNSTORABLE, "\uFFFD") : short;
}
