/** The windows of annotations: make, open and share a set, its history, import a file. */

import type { Known } from "../marks/book";
import type { FileForm } from "../marks/client";
import { ACCESS, type Access, type Change, type SetAbout, type SetInfo } from "../marks/mark";
import { plural, t } from "../words";
import { askingButton } from "./dialog";
import { fill, h } from "./dom";
import { askForm, field, openWindow } from "./markwindow";
import { accessName, actionName, measureText, nameOf, shapeName } from "./markwords";
import { time } from "./prose";

function textInput(value: string, most: number, required = false): HTMLInputElement {
  const input = h("input", { type: "text", maxlength: most, required, autocomplete: "off" });
  input.value = value;
  return input;
}

function aboutFields(about: SetAbout) {
  const title = textInput(about.title, 500, true);
  const text = h("textarea", { rows: 2, maxlength: 20000 });
  text.value = about.text;
  const author = textInput(about.author, 200);
  const access = ACCESS.map((name) => {
    const input = h("input", { type: "radio", name: "access", value: name });
    input.checked = name === about.access;
    return h("label", { class: "check" }, input, accessName(name));
  });
  const group = h(
    "fieldset",
    { class: "window-choices" },
    h("legend", {}, t("Who may see it")),
    ...access,
  );
  return {
    fields: [field(t("Title"), title), field(t("Text"), text), field(t("Author"), author), group],
    read: (): SetAbout => ({
      title: title.value.trim(),
      text: text.value.trim(),
      author: author.value.trim(),
      access: (group.querySelector<HTMLInputElement>("input:checked")?.value ??
        "readable") as Access,
    }),
  };
}

export function askNewSet(author: string, make: (about: SetAbout) => Promise<void>): void {
  const about = aboutFields({ title: t("Annotations"), text: "", author, access: "readable" });
  openWindow(t("New set of annotations"), [
    askForm(about.fields, t("Make the set"), () => make(about.read())),
    h(
      "p",
      { class: "window-note" },
      t("The key to change it stays in this browser. Copy the editable link to keep it elsewhere."),
    ),
  ]);
}

export function askOpenSet(
  known: readonly (Known & { readonly id: string })[],
  open: (text: string) => Promise<void>,
): void {
  const link = textInput("", 2000, true);
  link.placeholder = t("Link or id");
  const dialog = openWindow(t("Open a set of annotations"), [
    askForm([field(t("Link or id of the set"), link)], t("Open"), () => open(link.value)),
    known.length > 0 ? h("h3", {}, t("Opened here before")) : "",
    h(
      "ul",
      { class: "window-list" },
      ...known.map(({ id, title, editKey }) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              onclick: () => {
                dialog.close();
                void open(id);
              },
            },
            h("span", { class: "volume-name" }, title || id),
            h("span", { class: "volume-facts" }, editKey ? t("with its key") : t("to look at")),
          ),
        ),
      ),
    ),
  ]);
}

export interface SettingsEvents {
  onSave(about: SetAbout): Promise<void>;
  onCopy(link: string): void;
  onRemove(): Promise<void>;
}

export interface Links {
  readonly plain: string;
  readonly reading: string | null;
  readonly editing: string | null;
}

export function openSettings(
  info: SetInfo,
  owns: boolean,
  links: Links,
  events: SettingsEvents,
): void {
  const about = aboutFields(info);
  const copy = (label: string, note: string, link: string | null) =>
    link !== null &&
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "text-button", onclick: () => events.onCopy(link) },
        label,
      ),
      h("span", { class: "window-note" }, note),
    );
  const list = h("ul", { class: "window-links" });
  fill(
    list,
    copy(t("Copy the link"), t("This view with this set, without any key."), links.plain),
    info.access === "private" &&
      copy(t("Copy the link to read"), t("It holds the key that opens the set."), links.reading),
    copy(
      t("Copy the editable link"),
      t("Whoever has it can change the set and its annotations."),
      links.editing,
    ),
  );
  const remove = askingButton(
    t("Take this set away"),
    t("Take it away for everybody?"),
    t("Take it away"),
    () => void events.onRemove().then(() => dialog.close()),
  );
  const dialog = openWindow(info.title, [
    list,
    owns
      ? askForm(about.fields, t("Save"), () => events.onSave(about.read()))
      : h("p", {}, info.text),
    owns ? remove : "",
  ]);
}

export interface HistoryEvents {
  /** Ask for changes, the newest first; `next` is what the page before said. */
  read(next: number | null): Promise<{ changes: readonly Change[]; next: number | null }>;
  /** What a change can be brought back by; `null` where that may not be done. */
  restore: ((change: Change) => Promise<void>) | null;
  restoreLabel: string;
}

export function openHistory(title: string, events: HistoryEvents): void {
  const list = h("ol", { class: "history-list" });
  const problem = h("p", { class: "window-problem", role: "alert" });
  const more = h(
    "button",
    { type: "button", class: "text-button", onclick: () => void read() },
    t("Earlier changes"),
  );
  let next: number | null = null;
  const dialog = openWindow(title, [list, problem, more], "mark-history");
  const failed = (error: unknown) => {
    problem.textContent = error instanceof Error ? error.message : String(error);
  };
  const read = async () => {
    try {
      const page = await events.read(next);
      next = page.next;
      more.hidden = next === null;
      list.append(...page.changes.map(row));
    } catch (error) {
      failed(error);
    }
  };
  const row = (change: Change) => {
    const { mark, restore } = { ...change, restore: events.restore };
    return h(
      "li",
      {},
      h(
        "span",
        { class: "history-what" },
        h("strong", {}, actionName(change.action)),
        ` ${mark ? nameOf(mark) : ""}`,
        h(
          "span",
          { class: "volume-facts" },
          [change.author || t("unnamed"), time(change.at), mark && shapeName(mark.type)]
            .concat(mark ? measureText(mark.type, mark.points) : "")
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      restore &&
        h(
          "button",
          {
            type: "button",
            class: "text-button",
            onclick: () => restore(change).then(() => dialog.close(), failed),
          },
          events.restoreLabel,
        ),
    );
  };
  void read();
}

const FORMATS: Readonly<Record<FileForm["format"], string>> = {
  csv: t("Table (CSV)"),
  json: t("JSON of AtlasView"),
  neuroglancer: t("JSON of Neuroglancer"),
  bids: t("BIDS electrodes (TSV)"),
};

/** The form that a file most likely has. */
export function formatOf(name: string, text: string): FileForm["format"] {
  if (/\.tsv$/i.test(name)) return "bids";
  if (!/^\s*[[{]/.test(text)) return "csv";
  return /"(layers|pointA|point|center)"\s*:|"type"\s*:\s*"annotation"/.test(text.slice(0, 100_000))
    ? "neuroglancer"
    : "json";
}

export function askImport(
  name: string,
  text: string,
  set: string,
  volumes: readonly { readonly id: string; readonly name: string }[],
  take: (form: FileForm) => Promise<number>,
  done: (words: string) => void,
): void {
  const select = (choices: readonly (readonly [string, string])[]) =>
    h("select", {}, ...choices.map(([value, label]) => h("option", { value }, label)));
  const format = select(Object.entries(FORMATS));
  format.value = formatOf(name, text);
  const unit = select([
    ["mm", t("millimetres")],
    ["um", t("micrometres")],
    ["nm", t("nanometres")],
    ["cm", t("centimetres")],
    ["m", t("metres")],
    ["voxel", t("voxels")],
  ]);
  const volume = select(volumes.map((one) => [one.id, one.name]));
  const ofVolume = field(t("Voxels of"), volume);
  ofVolume.hidden = true;
  unit.addEventListener("change", () => {
    ofVolume.hidden = unit.value !== "voxel";
  });
  openWindow(t("Import into “{set}”", { set }), [
    askForm(
      [
        h("p", { class: "window-file" }, name),
        field(t("What it is"), format),
        field(t("Coordinates in"), unit),
        ofVolume,
      ],
      t("Import"),
      async () => {
        const count = await take({
          format: format.value as FileForm["format"],
          unit: unit.value,
          volume: unit.value === "voxel" ? volume.value : null,
        });
        done(
          plural(count, "{n} annotation was imported.", "{n} annotations were imported.") +
            (count > 0 ? ` ${t("Undo takes all of it back.")}` : ""),
        );
      },
    ),
  ]);
}
