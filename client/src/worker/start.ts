/**
 * Starts a Worker from the one script there is, through the one Trusted Types policy that the server permits; in the
 * page as in a Worker.
 */

/** As much of Trusted Types as is needed, where a browser has them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): URL };
}

/** Starts `script`, the address of this very module, as a Worker, which may ask for its name. */
export function startWorker(script: string, name = ""): Worker {
  return new Worker(trusted(script), { type: "module", name });
}

/** The policy's name may be used once. */
let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

function trusted(script: string): string | URL {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) {
    return script;
  }
  const rules = {
    createScriptURL(url: string): string {
      if (url !== script) {
        throw new TypeError("not this script");
      }
      return url;
    },
  };
  policy ??= trustedTypes.createPolicy("asylia", rules);
  return policy.createScriptURL(script);
}
