/** What may stop a seal, by name. The texts for people stand in `locales/`; nothing here quotes what a person wrote. */

/** Why a key bundle is refused. */
export type BundleProblemKind =
  /** No key bundle at all, or too long. */
  | "not_a_bundle"
  /** A line is not what it must be; `line` counts from 1. */
  | "line"
  /** The words given beforehand are not 12 words of the list. */
  | "bad_anchor"
  /** The bundle belongs to another office than the words given beforehand. */
  | "other_office"
  /** No words were given, and it is not marked as a demonstration. */
  | "no_anchor"
  /** Fewer valid signatures of root keys than the threshold. */
  | "signatures"
  /** Before its first or after its last day. */
  | "not_in_force"
  /** No period covers the day. */
  | "no_period";

/** A key bundle is refused; nothing may be sealed to it. */
export class BundleProblem extends Error {
  override readonly name = "BundleProblem";
  readonly kind: BundleProblemKind;
  /** For the kind `line`: which one, from 1. */
  readonly line: number | null;

  constructor(kind: BundleProblemKind, line: number | null = null) {
    super(kind);
    this.kind = kind;
    this.line = line;
  }
}

/** Why typed text is no return code. */
export type CodeProblemKind =
  /** Neither ten words nor 34 digits. */
  | "length"
  /** A word is in no list; `place` counts from 1. */
  | "word"
  /** The check bits do not fit: a slip of the pen, not a wrong code. */
  | "check";

/** Typed text is no return code. Holds a place in it, never a part of it. */
export class CodeProblem extends Error {
  readonly kind: CodeProblemKind;
  readonly place: number;

  constructor(kind: CodeProblemKind, place = 0) {
    super(kind);
    this.kind = kind;
    this.place = place;
  }
}

/** Why a report is not sealed. */
export type SealProblemKind =
  /** The story, the only answer that is required, is missing or white space. */
  | "empty_story"
  /** One field has more than 256 KiB; `field` names it. */
  | "field_too_long"
  /** All fields together have more than 1 MiB. */
  | "text_too_long"
  /** More than 64 files. */
  | "too_many_files"
  /** A file could not be read to its end, or changed meanwhile; `file` counts from 0. */
  | "file_unreadable";

/** A report is not sealed, or its stream broke off; what came of the stream is to be thrown away. */
export class SealProblem extends Error {
  override readonly name = "SealProblem";
  readonly kind: SealProblemKind;
  /** For the kind `field_too_long`: the field's id. */
  readonly field: string | null;
  /** For the kind `file_unreadable`: the file's place in the request, from 0. */
  readonly file: number | null;

  constructor(kind: SealProblemKind, where: { field?: string; file?: number } = {}) {
    super(kind);
    this.kind = kind;
    this.field = where.field ?? null;
    this.file = where.file ?? null;
  }
}
