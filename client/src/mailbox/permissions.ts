/** Fields in which each permission can be lowered, withdrawn or answered; what is not chosen stays as it is. */
import { element, paragraph, tick } from "../page/dom.js";
import { text } from "../page/texts.js";

/** What somebody may be told for, as docs/FORMAT.md#follow-ups names it; that the office keeps and counts is no choice. */
export const PURPOSES = [
  "mandate_holders", "asg_hc_hrc_president", "un_field_presence_in_country", "government",
  "non_state_addressee", "public_copy_of_letter", "public_statements", "sg_report", "other_mechanisms",
] as const;
/** How far a permission goes, from the least. */
export const PERMISSIONS = ["no", "ask_first", "without_identity", "with_identity"] as const;

/** The fields, closed at first. */
export class PermissionFields {
  /** What stands on the page. */
  readonly parts: HTMLElement[];
  #selects = PURPOSES.map((purpose) => [purpose, choice()] as const);
  #withdrawAll = element("input");
  #deleteReport = element("input");

  constructor() {
    this.parts = [
      element(
        "details",
        {},
        element("summary", {}, text("client-follow-permissions")),
        paragraph(text("client-follow-permissions-lower")),
        paragraph(text("client-follow-permissions-raise")),
        tick(this.#withdrawAll, text("client-follow-withdraw-all"), text("client-follow-withdraw-all-help")),
        ...this.#selects.map(([purpose, select]) => {
          const id = purpose.replaceAll("_", "-");
          return element("label", {}, text(`purpose-${id}`), select);
        }),
      ),
      element(
        "details",
        {},
        element("summary", {}, text("client-follow-delete")),
        tick(this.#deleteReport, text("client-follow-delete-tick"), text("client-follow-delete-help")),
      ),
    ];
  }

  /** What was chosen. */
  get chosen(): { permissions: Record<string, string>; withdrawAll: boolean; deleteReport: boolean } {
    const changed = this.#selects.filter(([, { value }]) => value !== "").map(([purpose, { value }]) => [purpose, value]);
    return {
      permissions: Object.fromEntries(changed) as Record<string, string>,
      withdrawAll: this.#withdrawAll.checked,
      deleteReport: this.#deleteReport.checked,
    };
  }
}

function choice(): HTMLSelectElement {
  const options = PERMISSIONS.map((permission) => {
    const id = permission.replaceAll("_", "-");
    return element("option", { value: permission }, text(`permission-${id}`));
  });
  return element("select", {}, element("option", { value: "" }, text("permission-unchanged")), ...options);
}
