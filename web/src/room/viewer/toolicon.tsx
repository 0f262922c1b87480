/** Line icons of the viewer's tools, 16 units, silent to a screen reader. */

const paths = {
  cross: "M8 1.500v4.500M8 10v4.500M1.500 8h4.500M10 8h4.500",
  window: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  pan: "M8 1.500v13M1.500 8h13M6 3.500 8 1.500l2 2M6 12.500l2 2 2-2M3.500 6l-2 2 2 2M12.500 6l2 2-2 2",
  zoom: "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10M10.700 10.700l3.300 3.300M4.800 7h4.400M7 4.800v4.400",
  length: "M2 12 12 2M2 9.500v2.500h2.500M9.500 2h2.500v2.500",
  angle: "M13.500 13h-11l8-9.500M7.200 13a5 5 0 0 0-1.500-3.500",
  roi: "M8 3.500c3.600 0 6 1.900 6 4.500s-2.400 4.500-6 4.500-6-1.900-6-4.500 2.400-4.500 6-4.500z",
  brush: "M13.500 2.500 7 9M7 9c-1.600-.6-3.200.4-3.300 2-.1 1-.8 1.800-1.700 2 2.600 1 6 .2 6-2.400 0-.7-.4-1.300-1-1.600z",
  eraser: "M9 2.500 13.500 7 8 12.500h-3L2.500 10zM5.500 6l4.500 4.500M5 13.500h8.500",
  click: "M5.500 5.500 13 8.500l-3.300 1.200L8.500 13zM4.200 2v1.500M2 4.200h1.500M2.300 2.300l1.100 1.100",
  level: "M4 2.500h8v3h-8zM4 7h8v3h-8zM4 11.500h8v2.500h-8z",
  one: "M2 2.500h12v11h-12z",
  two: "M2 2.500h12v11h-12zM8 2.500v11",
  four: "M2 2.500h12v11h-12zM8 2.500v11M2 8h12",
  oneThree: "M2 2.500h12v11h-12zM9.500 2.500v11M9.500 6.200h4.500M9.500 9.800h4.500",
  blink: "M1.500 8c1.700-2.700 4-4 6.500-4s4.800 1.300 6.500 4c-1.700 2.700-4 4-6.500 4s-4.800-1.300-6.500-4zM8 9.800a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600",
  subtract: "M2 2.500h8v8h-8zM6 6.500h8v7h-8zM8.300 10h3.400",
  labels: "M2 8 8 4.500 14 8 8 11.500zM2 11l6 3.500 6-3.500",
  solid: "M8 1.800 13.500 5v6L8 14.200 2.500 11V5zM8 8v6.200M8 8 2.500 5M8 8l5.500-3",
  picture: "M2 4.500h3l1-2h4l1 2h3v9h-12zM8 11.500a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200",
  reset: "M3 3v4h4M3 7a5.200 5.200 0 1 1-.2 3",
} as const;

export type ToolIconName = keyof typeof paths;

export function ToolIcon({ name }: { name: ToolIconName }) {
  return (
    <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.4"
      stroke-linecap="round" stroke-linejoin="round"><path d={paths[name]} /></svg>
  );
}
