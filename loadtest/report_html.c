/* report_html.c - the page: one file, no script, nothing from elsewhere. */
#include "report.h"

#include "chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char page_style[] =
    ":root{color-scheme:light "
    "dark;--text:#1c2330;--dim:#5d6777;--grid:#d9dee6;--back:#fff;"
    "--c0:#2563a8;--c1:#c2571a;--c2:#2f7d4f;--c3:#8a4fa3}"
    "@media(prefers-color-scheme:dark){:root{--text:#e4e8ee;--dim:#9aa5b5;--"
    "grid:#39424f;"
    "--back:#151a21;--c0:#6aa9ea;--c1:#f0995c;--c2:#72c693;--c3:#c699dd}}"
    "body{font:15px/1.5 "
    "system-ui,sans-serif;color:var(--text);background:var(--back);"
    "max-width:1000px;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}"
    "pre{color:var(--dim);white-space:pre-wrap}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-"
    "size:.9em}"
    "th,td{padding:.25em .7em;border-bottom:1px solid "
    "var(--grid);text-align:right;"
    "white-space:nowrap}"
    "th.text,td.text{text-align:left}.note{color:var(--dim);font-size:.9em}";

static void add_table(const json_t *rows, const struct section *s, struct buf *out)
{
    struct buf text = BUF_INIT;
    const json_t *row;
    size_t i;

    buf_add_str(out, "<div class=\"wide\"><table><thead><tr>");
    for (const struct column *c = s->columns; c->path; c++) {
        buf_add_str(out, c->format == AS_TEXT ? "<th class=\"text\">" : "<th>");
        chart_text(c->title, out);
        buf_add_str(out, "</th>");
    }
    buf_add_str(out, "</tr></thead><tbody>\n");
    json_array_foreach(rows, i, row)
    {
        buf_add_str(out, "<tr>");
        for (const struct column *c = s->columns; c->path; c++) {
            buf_clear(&text);
            report_format(report_get(row, c->path), c->format, &text);
            buf_add_str(out, c->format == AS_TEXT ? "<td class=\"text\">" : "<td>");
            chart_text(buf_text(&text), out);
            buf_add_str(out, "</td>");
        }
        buf_add_str(out, "</tr>\n");
    }
    buf_add_str(out, "</tbody></table></div>\n");
    buf_done(&text);
}

static double number_at(const json_t *row, const char *path)
{
    const json_t *value = report_get(row, path);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void add_bars(const json_t *rows, const struct chart_plan *plan, struct buf *out)
{
    size_t n = json_array_size(rows), n_bars = 0, i;
    struct chart_bar *bars = calloc(n, sizeof(*bars));
    const json_t *row;

    if (!bars)
        return;
    json_array_foreach(rows, i, row)
    {
        const char *label = json_string_value(report_get(row, plan->label));
        double value = number_at(row, plan->paths[0]);

        if (label && isfinite(value))
            bars[n_bars++] = (struct chart_bar){label, value};
    }
    chart_bars(plan->title, plan->unit, bars, n_bars, out);
    free(bars);
}

static void add_lines(const json_t *rows, const struct chart_plan *plan, struct buf *out)
{
    size_t n = json_array_size(rows), n_lines = 0, i;
    double *values = calloc(n * (CHART_MAX_LINES + 1), sizeof(*values));
    struct chart_line lines[CHART_MAX_LINES];
    const json_t *row;

    if (!values)
        return;
    for (; n_lines < CHART_MAX_LINES && plan->paths[n_lines]; n_lines++) {
        double *y = values + (n_lines + 1) * n;

        json_array_foreach(rows, i, row) y[i] = number_at(row, plan->paths[n_lines]);
        lines[n_lines] = (struct chart_line){plan->names[n_lines], y};
    }
    json_array_foreach(rows, i, row) values[i] = number_at(row, plan->label);
    chart_lines(plan->title, plan->unit, plan->x_title, values, n, lines, n_lines, out);
    free(values);
}

static void add_section(const json_t *report, const struct section *s, struct buf *out)
{
    const json_t *rows = report_get(report, s->key);

    if (json_array_size(rows) == 0)
        return;
    buf_add_str(out, "<h2>");
    chart_text(s->title, out);
    buf_add_str(out, "</h2>\n");
    for (const struct chart_plan *plan = s->charts; plan && plan->title; plan++)
        (plan->kind == CHART_BARS ? add_bars : add_lines)(rows, plan, out);
    add_table(rows, s, out);
    if (s->note) {
        buf_add_str(out, "<p class=\"note\">");
        chart_text(s->note, out);
        buf_add_str(out, "</p>\n");
    }
}

void report_html(const json_t *report, const struct section *const *sections, struct buf *out)
{
    const char *command = json_string_value(report_get(report, "command"));
    struct buf head = BUF_INIT;

    buf_add_str(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
                     "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>");
    buf_add_str(out, "penstock-loadtest ");
    chart_text(command ? command : "", out);
    buf_printf(out, "</title>\n<style>%s%s</style></head><body>\n", page_style, chart_style);
    buf_add_str(out, "<h1>penstock-loadtest ");
    chart_text(command ? command : "", out);
    buf_add_str(out, "</h1>\n<pre>");
    report_head(report, &head);
    for (char *line = head.data, *end; line && *line; line = end + 1) {
        end = line + strcspn(line, "\n");
        *end = '\0';
        chart_text(line, out);
        buf_add_char(out, '\n');
    }
    buf_add_str(out, "</pre>\n");
    for (; *sections; sections++)
        add_section(report, *sections, out);
    buf_add_str(out, "</body></html>\n");
    buf_done(&head);
}
