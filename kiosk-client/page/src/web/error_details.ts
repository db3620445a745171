// The two details of an error that the page acts on: google.rpc.ErrorInfo and RetryInfo, as Connect carries them
// (binary Protobuf in base64). Reads just what it needs.

export interface ErrorDetail {
  type?: string;
  value?: string;
}

type Fields = Map<number, number | string>; // varints, and bytes as characters 0..255

// Null: not a message.
function fieldsOf(bytes: string): Fields | null {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes.charCodeAt(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag % 8 === 0) fields.set(Math.floor(tag / 8), varint());
    else if (tag % 8 === 2) {
      const length = varint();
      fields.set(Math.floor(tag / 8), bytes.slice(at, at + length));
      at += length;
    } else return null;
    if (!(at <= bytes.length)) return null;
  }
  return fields;
}

function found(details: ErrorDetail[], type: string): Fields | null {
  const value = details.find((one) => one.type === type)?.value;
  if (typeof value !== 'string') return null;
  try {
    return fieldsOf(atob(value.replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return null;
  }
}

// ErrorInfo.reason; empty: none.
export function reasonIn(details: ErrorDetail[]): string {
  const reason = found(details, 'google.rpc.ErrorInfo')?.get(1);
  return typeof reason === 'string' ? reason : '';
}

// RetryInfo.retry_delay; 0: none.
export function retryDelayMsIn(details: ErrorDetail[]): number {
  const bytes = found(details, 'google.rpc.RetryInfo')?.get(1);
  const delay = typeof bytes === 'string' ? fieldsOf(bytes) : null;
  const ms = Number(delay?.get(1) ?? 0) * 1000 + Number(delay?.get(2) ?? 0) / 1e6;
  return ms > 0 ? ms : 0;
}
