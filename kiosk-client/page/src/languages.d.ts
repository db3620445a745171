// Made by build.mjs from src/messages.
declare module 'languages' {
  const languages: Record<string, Record<string, string | string[]>>;
  export default languages;
}
