/** Line icons of 16 units. They say nothing to a screen reader: the control beside them is named in words. */
const paths = {
  add: "M8 3v10M3 8h10",
  back: "M9.500 3.500 5 8l4.500 4.500",
  forward: "M6.500 3.500 11 8l-4.500 4.500",
  down: "M3.500 6 8 10.500 12.500 6",
  up: "M3.500 10 8 5.500 12.500 10",
  check: "M3 8.500 6.500 12 13 4.500",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z",
  delete: "M2.500 4.500h11M6 4.500v-2h4v2M4 4.500l.7 9h6.600l.7-9M6.700 7v4M9.300 7v4",
  download: "M8 2.500v7.500M4.500 7 8 10.500 11.500 7M2.500 13.500h11",
  edit: "M3 13l.6-2.800 7.200-7.200 2.200 2.200-7.200 7.200zM9.500 4.300l2.200 2.200",
  file: "M4 1.500h5.500l3 3v10h-8.500zM9.500 1.500v3h3",
  filter: "M2 3.500h12M4.500 8h7M6.500 12.500h3",
  folder: "M1.500 12.500v-9h4.500l1.500 2h7v7z",
  image: "M2 2.500h12v11h-12zM2 11l3.500-3.500 3 3 2-2 3.500 3.500M10.500 5.500h.1",
  info: "M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13M8 7.500v4M8 4.700v.2",
  keyboard: "M1.500 4h13v8.500h-13zM4 6.700h.2M6.600 6.700h.2M9.200 6.700h.2M11.800 6.700h.2M5 9.800h6",
  link: "M6.700 9.300a3 3 0 0 0 4.300 0l2-2a3 3 0 0 0-4.300-4.300l-.9.9M9.300 6.700a3 3 0 0 0-4.300 0l-2 2a3 3 0 0 0 4.300 4.300l.9-.9",
  lock: "M3.500 7h9v6.500h-9zM5.500 7v-2a2.500 2.500 0 0 1 5 0v2",
  menu: "M2.500 4h11M2.500 8h11M2.500 12h11",
  moon: "M13.500 9.700a6 6 0 0 1-7.200-7.200 6 6 0 1 0 7.200 7.200z",
  more: "M3.500 8h.1M8 8h.1M12.500 8h.1",
  redo: "M13 3v4h-4M13 7a5.200 5.200 0 1 0 .2 3",
  retry: "M13 3v4h-4M13 7a5.200 5.200 0 1 0 .2 3",
  undo: "M3 3v4h4M3 7a5.200 5.200 0 1 1-.2 3",
  screen: "M1.500 2.500h13v8.500h-13zM5.500 13.500h5M8 11v2.500",
  search: "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10M10.700 10.700l3.300 3.300",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M8 1.500v1.500M8 13v1.500M1.500 8h1.500M13 8h1.500M3.400 3.400l1.100 1.100M11.500 11.500l1.100 1.100M12.600 3.400l-1.100 1.100M4.500 11.500l-1.100 1.100",
  upload: "M8 11v-8M4.500 6.300 8 2.800l3.500 3.500M2.500 13.500h11",
  user: "M8 8a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400M2.700 13.700c.6-2.700 2.700-4 5.300-4s4.700 1.300 5.300 4",
  warning: "M8 2 14.500 13.500h-13zM8 6.500v3.500M8 11.700v.1",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor"
      stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round">
      <path d={paths[name]} />
    </svg>
  );
}
