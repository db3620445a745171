// Made by build.mjs from src/messages and the messages of the page being built.
declare module 'languages' {
  const languages: Record<string, Record<string, string | string[]>>;
  export default languages;
}
