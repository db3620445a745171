// Made by build.mjs from src/messages and the messages of the page being built.
declare module 'languages' {
  export interface Plane {
    name: string; // on the key that leads to it
    keys: string; // at most 35
  }
  const languages: Record<string, Record<string, string | Plane[]>>;
  export default languages;
}
