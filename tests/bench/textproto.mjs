// Textproto to JSON, as far as the questionnaires that are shipped need it.
const REPEATED = new Set(['questions', 'options', 'forms', 'question_ids']);
const TOKEN = /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][\w.]*|-?[\d.]+|[{}[\]:,<>;]/gy;

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

export function parseTextproto(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`found '${text.slice(at, at + 20)}' at ${at}, which is no textproto`);
    if (!/^[\s#]/.test(token)) tokens.push(token);
  }
  let next = 0;
  const isString = (token) => /^["']/.test(token ?? '');
  const scalar = () => {
    if (isString(tokens[next])) {
      let value = '';
      while (isString(tokens[next])) value += JSON.parse(`"${tokens[next++].slice(1, -1)}"`);
      return value;
    }
    const token = tokens[next++];
    if (token === 'true' || token === 'false') return token === 'true';
    return /^-?[\d.]+$/.test(token) ? Number(token) : token;
  };
  const value = () => {
    if (tokens[next] !== '{') return scalar();
    ++next;
    const message = fields('}');
    ++next;
    return message;
  };
  const fields = (end) => {
    const message = {};
    while (tokens[next] !== end) {
      const name = tokens[next++];
      if (tokens[next] === ':') ++next;
      const values = [];
      if (tokens[next] === '[') {
        do {
          ++next;
          values.push(value());
        } while (tokens[next] === ',');
        ++next;
      } else values.push(value());
      if (tokens[next] === ',' || tokens[next] === ';') ++next;
      if (REPEATED.has(name)) (message[camel(name)] ??= []).push(...values);
      else [message[camel(name)]] = values;
    }
    return message;
  };
  return fields(undefined);
}
