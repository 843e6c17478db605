
/** The texts of `locales/en.ftl` that the script uses, put in by `build.mjs`. */
declare module "asylia:texts" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
