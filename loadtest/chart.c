/* chart.c - see chart.h. Values that are no numbers, or negative, are drawn as
 * 0 in bars and left out in lines. */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH        760
#define LABEL_WIDTH  230
#define VALUE_WIDTH  90
#define BAR_HEIGHT   18
#define BAR_STEP     26
#define TOP          34
#define PLOT_LEFT    64
#define PLOT_RIGHT   (WIDTH - 16)
#define PLOT_TOP     52
#define PLOT_BOTTOM  250
#define LINES_HEIGHT 296

const char chart_style[] =
    "svg{width:100%;max-width:760px;height:auto;display:block;margin:1em 0}"
    "svg text{font:12px system-ui,sans-serif;fill:var(--text)}"
    "svg .title{font-weight:600;font-size:14px}"
    "svg .dim{fill:var(--dim)}"
    "svg .grid{stroke:var(--grid);stroke-width:1}"
    "svg .bar{fill:var(--c0)}"
    "svg .line{fill:none;stroke-width:2;stroke-linejoin:round}"
    "svg .s0{stroke:var(--c0)}svg .s1{stroke:var(--c1)}svg "
    ".s2{stroke:var(--c2)}"
    "svg .s3{stroke:var(--c3)}"
    "svg .f0{fill:var(--c0)}svg .f1{fill:var(--c1)}svg .f2{fill:var(--c2)}svg "
    ".f3{fill:var(--c3)}";

void chart_text(const char *text, struct buf *out)
{
    static const struct entity {
        char c;
        const char *entity;
    } entities[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

    for (; *text; text++) {
        const char *entity = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
            if (entities[i].c == *text)
                entity = entities[i].entity;
        if (entity)
            buf_add_str(out, entity);
        else if ((unsigned char)*text >= 0x20)
            buf_add_char(out, *text);
    }
}

static void text_at(struct buf *out, const char *class, const char *anchor, double x, double y,
                    const char *text)
{
    buf_printf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, anchor,
               x, y);
    chart_text(text, out);
    buf_add_str(out, "</text>\n");
}

static void begin(struct buf *out, const char *title, const char *unit, int height)
{
    char whole[160];

    (void)snprintf(whole, sizeof(whole), "%s%s%s", title, *unit ? ", " : "", unit);
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "role=\"img\">\n",
               WIDTH, height);
    buf_add_str(out, "<title>");
    chart_text(whole, out);
    buf_add_str(out, "</title>\n");
    text_at(out, "title", "start", 0, 16, whole);
}

static void format_value(double value, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%.*f", value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : 2, value);
}

static double usable(double value)
{
    return isfinite(value) && value > 0 ? value : 0;
}

void chart_bars(const char *title, const char *unit, const struct chart_bar *bars, size_t n,
                struct buf *out)
{
    double max = 0, room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
    char value[32];

    for (size_t i = 0; i < n; i++)
        max = MAX(max, usable(bars[i].value));
    begin(out, title, unit, TOP + (int)n * BAR_STEP);
    for (size_t i = 0; i < n; i++) {
        double y = TOP + (double)i * BAR_STEP;
        double width = max > 0 ? usable(bars[i].value) / max * room : 0;

        text_at(out, "label", "end", LABEL_WIDTH - 8, y + 13, bars[i].label);
        buf_printf(out,
                   "<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" "
                   "height=\"%d\" rx=\"2\"/>\n",
                   LABEL_WIDTH, y, MAX(width, 1.0), BAR_HEIGHT);
        format_value(usable(bars[i].value), value, sizeof(value));
        text_at(out, "value", "start", LABEL_WIDTH + width + 6, y + 13, value);
    }
    buf_add_str(out, "</svg>\n");
}

/* The smallest of 1, 2, 5 times a power of ten that makes at most five steps up
 * to max. */
static double step_for(double max)
{
    double step = pow(10, floor(log10(max / 5)));

    for (int i = 0; max / step > 5; i++)
        step *= i % 3 == 1 ? 2.5 : 2;
    return step;
}

struct plot {
    double min_x, max_x, max_y;
};

static double at_x(const struct plot *p, double x)
{
    double share = p->max_x > p->min_x ? (x - p->min_x) / (p->max_x - p->min_x) : 0.5;

    return PLOT_LEFT + share * (PLOT_RIGHT - PLOT_LEFT);
}

static double at_y(const struct plot *p, double y)
{
    return PLOT_BOTTOM - y / p->max_y * (PLOT_BOTTOM - PLOT_TOP);
}

static struct plot measure(const double *x, size_t n, const struct chart_line *lines,
                           size_t n_lines)
{
    struct plot p = {n ? x[0] : 0, n ? x[0] : 0, 0};

    for (size_t i = 0; i < n; i++) {
        p.min_x = MIN(p.min_x, x[i]);
        p.max_x = MAX(p.max_x, x[i]);
        for (size_t k = 0; k < n_lines; k++)
            p.max_y = MAX(p.max_y, usable(lines[k].y[i]));
    }
    p.max_y = p.max_y > 0 ? p.max_y : 1;
    return p;
}

static void draw_grid(struct plot *p, const double *x, size_t n, const char *x_title,
                      struct buf *out)
{
    double step = step_for(p->max_y);
    size_t every = MAX(n / 8, (size_t)1);
    char text[32];

    p->max_y = ceil(p->max_y / step) * step;
    for (double y = 0; y <= p->max_y * 1.001; y += step) {
        buf_printf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
                   PLOT_LEFT, PLOT_RIGHT, at_y(p, y), at_y(p, y));
        (void)snprintf(text, sizeof(text), "%g", y);
        text_at(out, "dim", "end", PLOT_LEFT - 6, at_y(p, y) + 4, text);
    }
    for (size_t i = 0; i < n; i += every) {
        (void)snprintf(text, sizeof(text), "%g", round(x[i] * 10) / 10);
        text_at(out, "dim", "middle", at_x(p, x[i]), PLOT_BOTTOM + 18, text);
    }
    text_at(out, "dim", "end", PLOT_RIGHT, LINES_HEIGHT - 8, x_title);
}

/* A line may have holes; a point that stands alone is drawn as a dot. */
static void draw_line(const struct plot *p, const double *x, size_t n, const double *y,
                      size_t number, struct buf *out)
{
    bool drawing = false;

    buf_printf(out, "<path class=\"line s%zu\" d=\"", number);
    for (size_t i = 0; i < n; i++) {
        bool there = isfinite(y[i]) && y[i] >= 0;

        if (there)
            buf_printf(out, "%s%.1f %.1f", drawing ? "L" : "M", at_x(p, x[i]), at_y(p, y[i]));
        drawing = there;
    }
    buf_add_str(out, "\"/>\n");
    for (size_t i = 0; i < n && n <= 40; i++)
        if (isfinite(y[i]) && y[i] >= 0)
            buf_printf(out, "<circle class=\"f%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", number,
                       at_x(p, x[i]), at_y(p, y[i]));
}

void chart_lines(const char *title, const char *unit, const char *x_title, const double *x,
                 size_t n, const struct chart_line *lines, size_t n_lines, struct buf *out)
{
    struct plot p;
    double left = PLOT_LEFT;

    n_lines = MIN(n_lines, (size_t)CHART_MAX_LINES);
    p = measure(x, n, lines, n_lines);
    begin(out, title, unit, LINES_HEIGHT);
    for (size_t k = 0; k < n_lines && n_lines > 1; k++) {
        buf_printf(out,
                   "<rect class=\"f%zu\" x=\"%.1f\" y=\"27\" width=\"12\" "
                   "height=\"12\"/>\n",
                   k, left);
        text_at(out, "legend", "start", left + 17, 37, lines[k].name);
        left += 40 + 7.5 * (double)strlen(lines[k].name);
    }
    draw_grid(&p, x, n, x_title, out);
    for (size_t k = 0; k < n_lines; k++)
        draw_line(&p, x, n, lines[k].y, k, out);
    buf_add_str(out, "</svg>\n");
}
