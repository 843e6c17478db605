/** Starts the Worker from the page's own script, through the one Trusted Types policy that the server permits. */

/** As much of Trusted Types as is needed, where a browser has them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): URL };
}

/** Starts `script`, the address of this very module, as a Worker. */
export function startWorker(script: string): Worker {
  return new Worker(trusted(script), { type: "module" });
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
