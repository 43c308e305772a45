// Mantine dressed in the console's own palette: shades for its components, our tokens for its surfaces.
import { type CSSVariablesResolver, createTheme, defaultVariantColorsResolver } from '@mantine/core';

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: 'var(--serif)', fontWeight: '600' },
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 3 },
  // The filled shade differs by scheme, and so must the words on it.
  variantColorResolver(input) {
    const colors = defaultVariantColorsResolver(input);
    if (input.variant === 'outline' && input.color === 'clay')
      return { ...colors, color: 'var(--danger)', border: '1px solid var(--danger)' };
    return input.variant === 'filled' ? { ...colors, color: 'var(--on-brand)' } : colors;
  },
  defaultRadius: 'md',
  respectReducedMotion: true,
  colors: {
    pine: [
      '#ecf6f1',
      '#d7eae2',
      '#addbca',
      '#7fcdb2',
      '#5bb898',
      '#3f9c7e',
      '#2a8167',
      '#1c6b57',
      '#155546',
      '#0e3f34',
    ],
    clay: [
      '#fdf0ee',
      '#f8dcd8',
      '#f4a096',
      '#ea8277',
      '#dc6558',
      '#c9483c',
      '#b8352a',
      '#a5261d',
      '#861d16',
      '#661410',
    ],
  },
  // By name: to import them here would have every page fetch them all.
  components: {
    Button: { defaultProps: { size: 'sm' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 32 } },
    TextInput: { defaultProps: { size: 'md' } },
    Textarea: { defaultProps: { size: 'md' } },
    NumberInput: { defaultProps: { size: 'md' } },
    Select: { defaultProps: { size: 'md' } },
    MultiSelect: { defaultProps: { size: 'md' } },
    TagsInput: { defaultProps: { size: 'md' } },
    Tooltip: {
      defaultProps: {
        openDelay: 400,
        withinPortal: true,
        events: { hover: true, focus: true, touch: false },
      },
    },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', withinPortal: true } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Drawer: {
      defaultProps: {
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
  },
});

const surfaces = {
  '--mantine-color-body': 'var(--raised)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-faint)',
  '--mantine-color-placeholder': 'var(--ink-faint)',
  '--mantine-color-error': 'var(--danger)',
  '--mantine-color-default': 'var(--raised)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-gray-light-color': 'var(--ink-soft)',
  '--mantine-color-gray-light-hover': 'var(--hover)',
  '--mantine-color-disabled': 'var(--hover)',
  '--mantine-color-disabled-color': 'var(--ink-faint)',
  '--mantine-shadow-md': 'var(--shadow)',
};

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    '--mantine-font-size-sm': 'var(--text-sm)',
    '--mantine-font-size-md': 'var(--text-md)',
  },
  light: surfaces,
  dark: surfaces,
});
