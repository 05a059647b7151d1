import Search from "@mui/icons-material/Search";
import { Box, FormControlLabel, InputAdornment, OutlinedInput, Switch, Typography } from "@mui/material";
import type { RefObject } from "react";
import { PAGE_X, VISUALLY_HIDDEN } from "../../common/styles.ts";
import { plural } from "../../model/format.ts";
import type { ListView } from "../../model/layout.ts";

interface ListToolbarProps {
  readonly view: ListView;
  readonly onChange: (view: ListView) => void;
  readonly summary: string;
  /** Number of containers that match the view; null when it hides none. */
  readonly found: number | null;
  /** The search field, exposed so that the list can focus it after clearing. */
  readonly field: RefObject<HTMLInputElement | null>;
}

export function ListToolbar(props: ListToolbarProps) {
  const { summary, found } = props;
  return (
    <Box
      role="search"
      sx={{
        display: "flex",
        flexWrap: "wrap",
        alignItems: "center",
        columnGap: 2,
        rowGap: 1,
        px: PAGE_X,
        py: 1,
        flex: "none",
      }}
    >
      <SearchField {...props} />
      <ViewSwitch {...props} label="Shared only" name="sharedOnly" />
      <ViewSwitch {...props} label="Group by project" name="grouped" />
      <Box role="status" aria-label="Found" sx={VISUALLY_HIDDEN}>
        {found === null ? "" : `${plural(found, "container", "containers")} found`}
      </Box>
      <Typography color="text.secondary" sx={{ ml: "auto" }}>
        {summary}
      </Typography>
    </Box>
  );
}

/** Avoids TextField, which pulls in every kind of field and a select before the first row can render. */
function SearchField({ view, onChange, found, field }: Omit<ListToolbarProps, "summary">) {
  return (
    <OutlinedInput
      size="small"
      type="search"
      placeholder="Search containers"
      data-hint="Search by name, image, project or port"
      value={view.search}
      onChange={(event) => onChange({ ...view, search: event.target.value })}
      sx={{ flex: "1 1 200px", maxWidth: 320 }}
      inputProps={{ "aria-label": "Search containers", maxLength: 200 }}
      inputRef={field}
      // Inside the field, so that nothing moves when it appears and disappears.
      endAdornment={
        found !== null &&
        view.search.trim() !== "" && (
          <InputAdornment position="end" aria-hidden>
            <Typography variant="caption">{found} found</Typography>
          </InputAdornment>
        )
      }
      startAdornment={
        <InputAdornment position="start">
          <Search sx={{ fontSize: 18 }} />
        </InputAdornment>
      }
    />
  );
}

interface ViewSwitchProps extends Pick<ListToolbarProps, "view" | "onChange"> {
  readonly label: string;
  readonly name: "sharedOnly" | "grouped";
}

function ViewSwitch({ view, onChange, label, name }: ViewSwitchProps) {
  return (
    <FormControlLabel
      sx={{ ml: 1, mr: 0, gap: 0.75 }}
      label={<Typography>{label}</Typography>}
      control={
        <Switch
          size="small"
          checked={view[name]}
          onChange={(event) => onChange({ ...view, [name]: event.target.checked })}
        />
      }
    />
  );
}
