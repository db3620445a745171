// Drawn here, so that nothing is fetched and nothing depends on a font.
import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const BackIcon = () => <Icon><path d="M15 5l-7 7 7 7" /></Icon>;
export const ForwardIcon = () => <Icon><path d="M9 5l7 7-7 7" /></Icon>;
export const DownIcon = () => <Icon><path d="M5 9l7 7 7-7" /></Icon>;
export const AgainIcon = () => <Icon><path d="M5 12a7 7 0 1 0 2.2-5.1M5 4v4h4" /></Icon>;
export const CheckIcon = () => <Icon><path d="M5 12.5l4.5 4.5L19 7.5" /></Icon>;
export const ContrastIcon = () => (
  <Icon><circle cx="12" cy="12" r="8.5" /><path class="filled" d="M12 3.5a8.5 8.5 0 0 1 0 17z" /></Icon>
);
export const LargeIcon = () => (
  <Icon><path d="M2.5 19l3.6-9h.8l3.6 9M3.9 16h5.2M11 19l5-13h1l5 13M12.9 15h7.2" /></Icon>
);
export const GlobeIcon = () => (
  <Icon><circle cx="12" cy="12" r="8.5" /><path d="M3.5 12h17M12 3.5c5 5 5 12 0 17c-5-5-5-12 0-17" /></Icon>
);
export const SlipIcon = () => (
  <Icon><path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6" /></Icon>
);
export const ListIcon = () => <Icon><path d="M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1" /></Icon>;
export const DeleteIcon = () => <Icon><path d="M9 6h12v12H9l-6-6zM12 9.5l5 5M17 9.5l-5 5" /></Icon>;
export const ShiftIcon = () => <Icon><path d="M12 4l-8 9h4.5v7h7v-7H20z" /></Icon>;
export const WarnIcon = () => <Icon><path d="M12 3.5L22 20.500H2zM12 10v5M12 17.200v.6" /></Icon>;
export const ShieldIcon = () => (
  <Icon><path d="M12 3l7.5 3v5.500c0 4.7-3.2 8-7.5 9.500c-4.3-1.5-7.5-4.8-7.5-9.500V6zM8.5 12l2.5 2.5 4.5-4.8" /></Icon>
);
