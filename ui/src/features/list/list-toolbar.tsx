import Search from "@mui/icons-material/Search";
import { Box, FormControlLabel, InputAdornment, OutlinedInput, Switch, Typography } from "@mui/material";
import type { RefObject } from "react";
import { PAGE_X, VISUALLY_HIDDEN } from "../../common/layout.ts";
import { plural } from "../../model/format.ts";
import type { ListView } from "../../model/layout.ts";

interface ListToolbarProps {
  readonly view: ListView;
  readonly onChange: (view: ListView) => void;
  readonly summary: string;
  /** How many containers the view leaves; null where it hides nothing. */
  readonly found: number | null;
  /** The search field, for whoever clears it. */
  readonly field: RefObject<HTMLInputElement | null>;
}

export function ListToolbar({ view, onChange, summary, found, field }: ListToolbarProps) {
  const toggle = (label: string, key: "sharedOnly" | "grouped") => (
    <FormControlLabel
      sx={{ ml: 1, mr: 0, gap: 0.75 }}
      label={<Typography variant="body2">{label}</Typography>}
      control={
        <Switch
          size="small"
          checked={view[key]}
          onChange={(event) => onChange({ ...view, [key]: event.target.checked })}
        />
      }
    />
  );
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
      {/* No TextField: it brings every kind of field and a select with it, before the first row can be drawn. */}
      <OutlinedInput
        size="small"
        type="search"
        placeholder="Search containers"
        title="Search by name, image, project or port"
        value={view.search}
        onChange={(event) => onChange({ ...view, search: event.target.value })}
        sx={{ flex: "1 1 200px", maxWidth: 320 }}
        inputProps={{ "aria-label": "Search containers", maxLength: 200 }}
        inputRef={field}
        // In the field, where it moves nothing when it comes and goes.
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
      {toggle("Shared only", "sharedOnly")}
      {toggle("Group by project", "grouped")}
      <Box role="status" aria-label="Found" sx={VISUALLY_HIDDEN}>
        {found === null ? "" : `${plural(found, "container", "containers")} found`}
      </Box>
      <Typography variant="body2" color="text.secondary" sx={{ ml: "auto" }}>
        {summary}
      </Typography>
    </Box>
  );
}
