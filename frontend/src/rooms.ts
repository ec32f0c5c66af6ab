/** The rooms around the map, and what each asks for. */

import type { Api } from "./api";
import type { Findings } from "./findings";
import { add, dot, scale, UPRIGHT, type Vec3 } from "./geometry";
import type { Hand } from "./hand";
import { NO_DATA } from "./library";
import type { Marking } from "./marking";
import type { Opened } from "./opened";
import type { Plane } from "./panels";
import type { Region } from "./regions";
import type { Selection } from "./selection";
import type { Session } from "./session";
import type { Sharing } from "./sharing";
import type { StoryMaking } from "./storymaking";
import { Details } from "./ui/details";
import { HandMarks } from "./ui/handmarks";
import type { Help } from "./ui/help";
import { LayersPanel } from "./ui/layers";
import { makeMarkRooms } from "./ui/markrooms";
import { MiniMap } from "./ui/minimap";
import { NameLayer } from "./ui/namelayer";
import { Overlay } from "./ui/overlay";
import { type PointAction, PointMenu, type Told } from "./ui/pointmenu";
import { PointTable } from "./ui/pointtable";
import { Search } from "./ui/search";
import type { Settings } from "./ui/settings";
import { Status } from "./ui/status";
import { StoryPanel } from "./ui/storypanel";
import { Toolbar } from "./ui/toolbar";
import { TreeView } from "./ui/tree";
import { TreeTools } from "./ui/treetools";
import { ViewCard } from "./ui/viewcard";
import { VolumeList } from "./ui/volumes";
import type { Volume } from "./volume";
import { t } from "./words";

/** Who does what the rooms, and the keys, ask for. */
export interface Desk {
  readonly api: Api;
  readonly session: Session;
  readonly selection: Selection;
  readonly help: Help;
  readonly settings: Settings;
  readonly opened: Opened;
  readonly sharing: Sharing;
  readonly story: StoryMaking;
  readonly marking: Marking;
  readonly volumes: readonly Volume[];
  /** A page that only shows. */
  readonly minimal: boolean;
  readonly hand: Hand;
  readonly findings: Findings;
  /** What there is at a point. */
  askAt(point: Vec3, signal: AbortSignal): Told;
  /** The menu at the middle of the panel that the mouse was over last. */
  openMenu(): void;
  copyLinkTo(point: Vec3): Promise<void>;
  /** Open or close; without a word, the other way round. */
  openDrawer(open?: boolean): void;
  openLayers(open?: boolean): void;
  openPlanes(open?: boolean): void;
  /** Ask what a figure is to be like. */
  openFigure(): void;
  /** Make a film; of the story's steps, or of views that are added. */
  openFilm(story?: boolean): void;
  focusSearch(): void;
  /** Let the map be seen, and the keys be for it. */
  showMap(): void;
  /** Close what has the focus, or else let go of what is selected. */
  leave(): void;
  /** Copy the address of the picture that a panel shows. */
  copyPicture(plane: Plane): void;
  /** Let a list of points be chosen, for their regions. */
  choosePoints(): void;
  copy(text: string, done: string): Promise<void>;
}

/** What can be done at a point of the map. */
function pointActions(desk: Desk): readonly PointAction[] {
  return [
    { label: t("Centre here"), icon: "target", run: (at) => desk.session.go({ at }) },
    { label: t("Measure from here"), icon: "ruler", run: (at) => desk.hand.measure(at) },
    { label: t("Mark a point here"), icon: "point", run: (at) => desk.marking.markPoint(at) },
    { label: t("Copy a link to here"), icon: "link", run: (at) => void desk.copyLinkTo(at) },
  ];
}

export type Rooms = ReturnType<typeof makeRooms>;

export function makeRooms(desk: Desk) {
  const colorOf = (region: Region) => desk.session.colorOf(region);
  const without = (id: string) => desk.selection.ids.filter((other) => other !== id);
  const treeView = new TreeView({
    onSelect: (id, toggle) => (toggle ? desk.selection.toggle(id) : desk.selection.select([id])),
    onHide: (id) => desk.selection.hide([id]),
    onFly: (id) => void desk.selection.fly(id),
    colorOf,
  });
  const treeTools: TreeTools = new TreeTools({
    onFilter: (text) => treeTools.tell(treeView.filter(text)),
    onSeveral: (on) => {
      treeView.several = on;
    },
    onDepth: (depth) => desk.session.adjust({ depth }),
    onSide: (side) => desk.session.choose({ side }),
    onIsolate: () => desk.selection.isolate(),
    onShowAll: () => desk.session.choose({ hidden: [] }),
    onPoints: () => desk.choosePoints(),
  });
  return {
    toolbar: new Toolbar({
      onDrawer: () => desk.openDrawer(),
      onData: (data) => void desk.session.switchTo(data),
      onLayout: (layout) => desk.session.choose({ layout }),
      onHome: () => desk.session.go(desk.session.home()),
      onLevel: () => desk.session.go({ turn: UPRIGHT }),
      onLayers: () => desk.openLayers(),
      onMarks: () => desk.marking.toggle(),
      onShare: () => void desk.sharing.make(),
      onMyViews: () => void desk.sharing.showMine(),
      onPlanes: () => desk.openPlanes(),
      onFigure: () => desk.openFigure(),
      onFilm: () => desk.openFilm(),
      onSettings: () => desk.settings.open(),
      onHelp: () => desk.help.open(),
      onChip: (id) => {
        desk.openDrawer(true);
        desk.selection.select([...without(id), id], true);
      },
      onUnselect: (id) => desk.selection.select(without(id)),
      onClear: () => desk.selection.select([]),
    }),
    search: new Search({
      find: async (text, signal) => {
        const { atlas, parcellation } = desk.session.view.data;
        return atlas && parcellation ? desk.api.find(atlas, parcellation, text, signal) : [];
      },
      findOthers: (text) => desk.findings.find(text),
      onRegion: ({ id }) => {
        desk.selection.select([id], true);
        void desk.selection.fly(id);
      },
      onPoint: (at) => desk.session.go({ at }),
      onChosen: () => desk.showMap(),
      colorOf,
    }),
    treeView,
    treeTools,
    volumeList: new VolumeList((volume) => void desk.session.switchTo({ ...NO_DATA, volume })),
    details: new Details({
      onSelect: (id) => desk.selection.select([id], true),
      onFly: (id) => void desk.selection.fly(id),
      onGo: (at) => desk.session.go({ at }),
      onClear: () => desk.selection.select([]),
      onHide: (id) => desk.selection.hide([id]),
      onIsolate: () => desk.selection.isolate(),
      onColor: (id, color) => desk.selection.color(id, color),
      onMap: ({ volume, channel, unit }) => {
        const { camera, style } = desk.session.view;
        const { layout, coordinates } = style;
        void desk.session.openWish({
          data: { volume },
          camera,
          style: {
            layout,
            coordinates,
            channel: channel === 0 ? null : channel,
            window: [0, unit],
          },
        });
      },
      colorOf,
      resolve: (path) => desk.api.resolve(path),
    }),
    layers: new LayersPanel({
      onStyle: (patch) => desk.session.adjust(patch),
      onData: (patch) => void desk.session.switchTo({ ...desk.session.view.data, ...patch }),
      onClose: () => desk.openLayers(false),
    }),
    status: new Status({
      onGo: (at) => desk.session.go({ at }),
      onCopy: (text) => void desk.copy(text, t("The position is copied.")),
      onCoordinates: (coordinates) => desk.session.choose({ coordinates }),
    }),
    storyPanel: new StoryPanel({
      onTitle: (title) => desk.story.events.onTitle(title),
      onAdd: () => desk.story.events.onAdd(),
      onTell: (index, said) => desk.story.events.onTell(index, said),
      onShow: (index) => desk.story.events.onShow(index),
      onReplace: (index) => desk.story.events.onReplace(index),
      onMove: (index, by) => desk.story.events.onMove(index, by),
      onRemove: (index) => desk.story.events.onRemove(index),
      onPlay: () => desk.story.events.onPlay(),
      onSave: () => desk.story.events.onSave(),
      onFilm: () => desk.openFilm(true),
      onAnew: () => desk.story.events.onAnew(),
      onClose: () => desk.story.events.onClose(),
    }),
    viewCard: new ViewCard({
      onReturn: () => desk.opened.restore(),
      onStep: (step) => desk.opened.go(step),
      onPlay: () => desk.opened.go(1),
      onLeave: () => desk.opened.leave(),
    }),
    ...makeMarkRooms(desk),
    handMarks: new HandMarks(),
    pointMenu: new PointMenu({
      ask: (point, signal) => desk.askAt(point, signal),
      onRegion: (id) => desk.selection.select([id], true),
      colorOf,
      onCopy: (text) => void desk.copy(text, t("The coordinates are copied.")),
      actions: () => pointActions(desk),
    }),
    minimap: new MiniMap(
      (path) => desk.api.resolve(path),
      (at) => desk.session.move({ at }),
    ),
    names: new NameLayer(),
    pointTable: new PointTable({
      onGo: (at, region) => {
        if (region !== null) desk.selection.select([region], true);
        desk.session.go({ at });
      },
      onShown: (points) => desk.marking.showDropped(points),
    }),
    overlay: new Overlay({
      onGrow: (plane) => desk.session.choose({ layout: plane ?? "4panel" }),
      onPicture: (plane) => desk.copyPicture(plane),
      onSlice: ({ direction, here }) => {
        const { at } = desk.session.view.camera;
        desk.session.move({ at: add(at, scale(direction, here - dot(at, direction))) });
      },
    }),
  };
}
