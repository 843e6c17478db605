
/** The address of the script that seals, put in by `build.mjs` where another script starts it. */
declare const SEALER: string;

/** The texts of `locales/en.ftl` that the script uses, put in by `build.mjs`. */
declare module "asylia:texts" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
