/** What the rooms show of the view: each told when something of it has changed. */

import { write } from "./coordinates";
import type { Engine } from "./engine";
import { decimalsToRead, sameTurn, UPRIGHT, type Vec3 } from "./geometry";
import type { Hand } from "./hand";
import { headOf } from "./head";
import { type Library, spaceOf } from "./library";
import { lookOf } from "./look";
import type { Marking } from "./marking";
import { callsOf } from "./names";
import type { Opened } from "./opened";
import type { PlaneRoom } from "./planeroom";
import type { Pulse } from "./pulse";
import type { Reading } from "./reading";
import type { RegionTree } from "./regions";
import type { Rooms } from "./rooms";
import { boundsOf } from "./scene";
import type { Selection } from "./selection";
import type { Session } from "./session";
import { drawnVoxel } from "./slices";
import type { NameSource } from "./ui/namelayer";
import type { Tooltip } from "./ui/tooltip";
import type { Cursor } from "./viewer/cursor";
import { t } from "./words";

/** Who is told of what happens on the page, beside its rooms. */
export interface Beholder {
  /** Anything of the view may have changed. */
  viewed(): void;
  hover(cursor: Cursor | null): void;
}

/** Whom the board asks, and whom it tells. */
export interface BoardParts {
  readonly session: Session;
  readonly library: Library;
  readonly rooms: Rooms;
  readonly tooltip: Tooltip;
  readonly engine: Engine;
  readonly reading: Reading;
  readonly pulse: Pulse;
  readonly selection: Selection;
  readonly marking: Marking;
  readonly opened: Opened;
  readonly hand: Hand;
  readonly planeRoom: PlaneRoom;
  readonly beholders: readonly Beholder[];
}

export class Board {
  private regionsShown: readonly unknown[] = [];

  constructor(private readonly parts: BoardParts) {}

  /** Anything of the view may have changed. */
  showView(): void {
    const { session, library, rooms, reading, marking } = this.parts;
    const { view, loaded } = session;
    const { volumes } = library;
    rooms.toolbar.showData(view.data);
    rooms.toolbar.showLayout(view.style.layout);
    rooms.treeView.show(loaded.tree);
    rooms.treeView.element.hidden = loaded.tree === null;
    rooms.treeTools.element.hidden = loaded.tree === null;
    this.showRegions();
    rooms.volumeList.element.hidden = loaded.tree !== null;
    if (!loaded.tree) rooms.volumeList.show(volumes, view.data.volume);
    reading.update();
    this.showCoordinates();
    const { image, labels } = loaded.scene;
    rooms.layers.show({ atlas: loaded.atlas, data: view.data, image, labels, volumes }, view.style);
    rooms.status.showSpace(spaceOf(loaded) ?? "");
    marking.viewShown();
    this.showPlace();
  }

  /** The place, the zoom or the turn changed. */
  showPlace(): void {
    const { session, rooms, engine, pulse, opened, beholders } = this.parts;
    pulse.stir();
    for (const beholder of beholders) beholder.viewed();
    engine.checkAhead();
    opened.showStrayed();
    const { at, zoom, turn } = session.view.camera;
    rooms.status.showPlace(at, zoom);
    rooms.toolbar.showTilt(!sameTurn(turn, UPRIGHT));
  }

  /** The panels moved, or what is drawn in them. */
  showPanels(): void {
    const { session, rooms, engine, marking, hand, planeRoom } = this.parts;
    const { started, view, camera, loaded } = session;
    engine.checkAhead();
    rooms.overlay.element.hidden = !started;
    if (!started) return;
    const panels = engine.panels();
    marking.placed();
    const volume = loaded.scene.image ?? loaded.scene.labels;
    const bounds = boundsOf(loaded.scene);
    const [panel] = panels;
    const alone = panels.length === 1 && panel?.axes;
    rooms.minimap.show(
      bounds && panel && alone
        ? { panel, at: camera.at, zoom: camera.zoom, bounds, look: lookOf(view, loaded.scene) }
        : null,
    );
    hand.show(panels, camera);
    rooms.names.moved(panels, camera);
    planeRoom.show(panels, camera);
    rooms.overlay.show({
      panels,
      camera,
      crosshair: view.style.crosshair,
      bounds,
      voxel: volume ? drawnVoxel(volume, camera.zoom) : [1, 1, 1],
      head: headOf(loaded.atlas?.species ?? null),
    });
  }

  /** The mouse moved over the map, or left it. */
  showCursor(cursor: Cursor | null): void {
    const { session, rooms, tooltip, marking, selection, reading, beholders } = this.parts;
    for (const beholder of beholders) beholder.hover(cursor);
    if (!cursor || !session.started) {
      tooltip.show(null);
      rooms.status.showCursor("");
      return;
    }
    const tip = marking.tip() ?? selection.tip(cursor);
    // The name of a region would hide what is drawn there.
    tooltip.show(marking.drawing ? null : tip);
    const told = [`${this.write(cursor.point)} ${reading.choice.unit}`];
    if (cursor.value !== null) told.push(t("value {value}", { value: cursor.value }));
    if (tip) told.push(tip.name);
    rooms.status.showCursor(t("Cursor: {told}", { told: told.join(" · ") }));
  }

  /** A place as it is read, as finely as this zoom shows it. */
  write(point: Vec3): string {
    const { session, reading } = this.parts;
    return write(reading.choice, point, decimalsToRead(session.view.camera.zoom));
  }

  /** How coordinates are written changed. */
  showCoordinates(): void {
    const { session, rooms, reading } = this.parts;
    const { choices, choice } = reading;
    rooms.status.showChoices(choices, choice);
    rooms.search.enable(session.loaded.tree !== null, choice);
  }

  /** How the regions are drawn, in the tree and in the card, whenever that changes. */
  private showRegions(): void {
    const { session, rooms, selection } = this.parts;
    const { view, loaded, dress, drawn } = session;
    const now = [view.style, dress, drawn];
    if (now.every((part, i) => part === this.regionsShown[i])) return;
    this.regionsShown = now;
    rooms.treeView.look({ hidden: view.style.hidden, voxels: dress.voxels });
    if (loaded.tree) {
      const { deepest } = loaded.tree;
      rooms.treeTools.show({ deepest, sided: loaded.sided !== null }, view.style);
    }
    rooms.layers.tell(drawn);
    const { names, regions } = view.style;
    rooms.names.show(names && regions && loaded.tree ? this.nameSource(loaded.tree) : null);
    selection.redraw();
  }

  /** What is named on the planes: every region that is drawn, or of a selection that alone. */
  private nameSource(tree: RegionTree): NameSource {
    const { drawn, view } = this.parts.session;
    const { selected } = view.style;
    const chosen = selected.length > 0 ? new Set(tree.labelsOf(selected)) : null;
    return {
      samples: (panel, step) => {
        const found = this.parts.engine.drawer?.labelsIn(panel, step);
        if (!found) return null;
        const { cols, rows, labels } = found;
        const ids = labels.map((label) =>
          chosen && !chosen.has(label) ? null : (drawn.regions.get(label)?.id ?? null),
        );
        return { cols, rows, step, ids };
      },
      calls: (id) => {
        const region = tree.get(id);
        return region ? callsOf(region) : [];
      },
    };
  }
}
