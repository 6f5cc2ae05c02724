/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict JSON: what is read and what is refused, and where an error says it is. */
#include <string.h>

#include "fw-regs/json.h"
#include "tests/unit/unit.h"

static JsonNode *parse(const char *text, GError **error)
{
    return strict_json_parse("file", text, strlen(text), error);
}

START_TEST(texts_that_are_refused)
{
    static const struct { const char *text, *message; } rows[] = {
        {"", "file: line 1: not JSON: a value is missing"},
        {"{\"a\": 1,\n \"a\": 2}", "file: line 2: member \"a\" comes twice"},
        {"{\"a\": 1, \"\\u0061\": 2}", "file: line 1: member \"a\" comes twice"},
        {"{\"a\": 1,}", "'\"' is missing"},
        {"{\"a\" 1}", "':' is missing"},
        {"{\"a\": 1", "'}' is missing"},
        {"[1 2]", "']' is missing"},
        {"[1,]", "a value is missing"},
        {"[] []", "something follows"},
        {"// no comments\n1", "a value is missing"},
        {"0x10", "something follows"},
        {"010", "with 0 only if it is 0"},
        {"-", "begins with a digit"},
        {"1.5", "only whole numbers"},
        {"1e3", "only whole numbers"},
        {"1234567890123456789", "more than 18 digits"},
        {"\"a", "a string has no end"},
        {"\"a\nb\"", "a control character"},
        {"\"\\x\"", "an unknown escape"},
        {"\"\\u12\"", "four hexadecimal digits"},
        {"\"\\u0000\"", "text cannot have"},
        {"\"\\ud800\"", "text cannot have"},
        {"\"\\ud800\\u0041\"", "surrogate"},
        {"\"\\", "an unknown escape"},
        {"\xff", "not text in UTF-8"},
        {"nul", "a value is missing"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested more than 16 deep"},
        {"{\"\\u001b[31m\": 1, \"\\u001b[31m\": 1}", "\"\\u001b[31m\" comes twice"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_msg(!parse(rows[i].text, &error), "%s is taken", rows[i].text);
        ck_assert_msg(strstr(error->message, rows[i].message), "%s: %s", rows[i].text,
                      error->message);
        ck_assert(!strchr(error->message, '\033'));
    }
}
END_TEST

START_TEST(what_is_nested_as_deep_as_may_be_is_read)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root = parse("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", &error);

    ck_assert_msg(root, "%s", error ? error->message : "");
}
END_TEST

START_TEST(too_much_text_is_refused)
{
    g_autofree char *text = g_strnfill(STRICT_JSON_SIZE_MAX + 1, ' ');
    g_autoptr(GError) error = NULL;

    ck_assert(!strict_json_parse("file", text, STRICT_JSON_SIZE_MAX + 1, &error));
    ck_assert(strstr(error->message, "file: more than"));
}
END_TEST

START_TEST(values_are_what_was_written)
{
    static const char text[] = " {\"n\": 123456789012345678, \"h\": \"0xffffffffffffffff\", "
                               "\"s\": \"a\\u00e9\\ud83d\\ude00\\n\\/\", \"b\": true, \"z\": null, "
                               "\"a\": [0, -5, {}]} \n";
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = parse(text, &error);
    struct json_at root = json_at_root("file", node), at, element;
    uint64_t value;
    guint length;
    bool flag;

    ck_assert_msg(node, "%s", error ? error->message : "");
    ck_assert(json_at_need(&root, "n", &at, NULL) && json_at_u64(&at, UINT64_MAX, &value, NULL));
    ck_assert_uint_eq(value, UINT64_C(123456789012345678));
    ck_assert(json_at_need(&root, "h", &at, NULL) && json_at_u64(&at, UINT64_MAX, &value, NULL));
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert(json_at_need(&root, "s", &at, NULL));
    ck_assert_str_eq(json_node_get_string(at.node), "a\xc3\xa9\xf0\x9f\x98\x80\n/");
    ck_assert(json_at_need(&root, "b", &at, NULL) && json_at_bool(&at, &flag, NULL) && flag);
    ck_assert(json_at_need(&root, "z", &at, NULL) && JSON_NODE_HOLDS_NULL(at.node));
    ck_assert(json_at_need(&root, "a", &at, NULL) && json_at_array(&at, 3, &length, NULL));
    ck_assert_uint_eq(length, 3);
    element = json_at_element(&at, 1);
    ck_assert(!json_at_u64(&element, UINT64_MAX, &value, &error));
    ck_assert_str_eq(error->message, "file: a[1]: a number is expected: 31, \"31\" or \"0x1f\"");
    ck_assert(!json_at_find(&root, "none", &at));
}
END_TEST

/* Each reader, given something else: {"v": VALUE}. */
START_TEST(wrong_values_are_named)
{
    static const char *const allowed[] = {"v", NULL};
    static const struct { const char *text, *number, *string, *flag, *array, *object; } rows[] = {
        {"{\"v\": \"x\"}", "file: v: a number", NULL, "file: v: true", "file: v: an array",
         "file: v: an object"},
        {"{\"v\": 5}", NULL, "file: v: a string", "file: v: true", "file: v: an array",
         "file: v: an object"},
        {"{\"v\": 300}", "file: v: 0x12c is more than 0xff", "file: v: a string", "file: v: true",
         "file: v: an array", "file: v: an object"},
        {"{\"v\": \"abcdefghijk\"}", "file: v: a number", "file: v: more than 10 bytes",
         "file: v: true", "file: v: an array", "file: v: an object"},
        {"{\"v\": \"\\u001b[2J\"}", "file: v: a number", "file: v: characters that cannot",
         "file: v: true", "file: v: an array", "file: v: an object"},
        {"{\"v\": [1, 2, 3]}", "file: v: a number", "file: v: a string", "file: v: true",
         "file: v: 3 elements; 2 are", "file: v: an object"},
        {"{\"v\": {\"w\": 1}}", "file: v: a number", "file: v: a string", "file: v: true",
         "file: v: an array", "file: v: unknown member \"w\""},
        {"{\"v\": null}", "file: v: a number", "file: v: a string", "file: v: true",
         "file: v: an array", "file: v: an object"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(JsonNode) node = parse(rows[i].text, NULL);
        struct json_at root = json_at_root("file", node), at;
        const char *const wanted[] = {rows[i].number, rows[i].string, rows[i].flag, rows[i].array,
                                      rows[i].object};
        const char *string;
        uint64_t number;
        guint length;
        bool flag;

        ck_assert(json_at_object(&root, allowed, NULL) && json_at_need(&root, "v", &at, NULL));
        for (size_t j = 0; j < G_N_ELEMENTS(wanted); j++) {
            g_autoptr(GError) error = NULL;
            bool good = j == 0   ? json_at_u64(&at, 255, &number, &error)
                        : j == 1 ? json_at_string(&at, 10, &string, &error)
                        : j == 2 ? json_at_bool(&at, &flag, &error)
                        : j == 3 ? json_at_array(&at, 2, &length, &error)
                                 : json_at_object(&at, allowed, &error);

            ck_assert_msg(good == !wanted[j], "row %zu, reader %zu", i, j);
            ck_assert_msg(good || g_str_has_prefix(error->message, wanted[j]), "row %zu: %s", i,
                          error ? error->message : "");
        }
    }
}
END_TEST

START_TEST(a_missing_member_is_named)
{
    g_autoptr(JsonNode) node = parse("{}", NULL);
    struct json_at root = json_at_root("file", node), at;
    g_autoptr(GError) error = NULL;

    ck_assert(!json_at_need(&root, "kind", &at, &error));
    ck_assert_str_eq(error->message, "file: member \"kind\" is missing");
}
END_TEST

START_TEST(numbers_are_taken_whole_or_not_at_all)
{
    static const struct { const char *text; bool good; uint64_t value; } rows[] = {
        {"0", true, 0},           {"31", true, 31},      {"0x1f", true, 31},
        {"0X1F", true, 31},       {"18446744073709551615", true, UINT64_MAX},
        {"0xffffffffffffffff", true, UINT64_MAX},        {"", false, 0},
        {"0x", false, 0},         {"-1", false, 0},      {"+1", false, 0},
        {" 1", false, 0},         {"1 ", false, 0},      {"1f", false, 0},
        {"0x0x1", false, 0},      {"0x-1", false, 0},    {"18446744073709551616", false, 0},
        {"0x10000000000000000", false, 0},               {"0x 1", false, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t value = 0;

        ck_assert_msg(strict_number(rows[i].text, &value) == rows[i].good, "%s", rows[i].text);
        ck_assert_msg(value == rows[i].value, "%s", rows[i].text);
    }
}
END_TEST

START_TEST(what_is_shown_can_be_printed)
{
    g_autofree char *escape = printable("a\033[31m\n\xe9 \xe2\x80\xae"), *good = printable("h\xc3\xa9");

    ck_assert_str_eq(escape, "a\\u001b[31m\\u000a\xef\xbf\xbd \\u202e");
    ck_assert_str_eq(good, "h\xc3\xa9");
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;
    g_autoptr(JsonNode) node = NULL;
    struct json_at root, at;
    uint64_t value;

    json_builder_begin_object(builder);
    json_put_string(builder, "s", "\"\\\n");
    json_put_hex(builder, "h", UINT64_MAX);
    json_put_number(builder, "n", 7);
    json_builder_end_object(builder);
    text = json_text(builder);
    node = parse(text, NULL);
    root = json_at_root("file", node);
    ck_assert(json_at_need(&root, "h", &at, NULL) && json_at_u64(&at, UINT64_MAX, &value, NULL));
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert(json_at_need(&root, "n", &at, NULL) && json_at_u64(&at, 7, &value, NULL));
    ck_assert(json_at_need(&root, "s", &at, NULL));
    ck_assert_str_eq(json_node_get_string(at.node), "\"\\\n");
}
END_TEST

UNIT_MAIN("json", texts_that_are_refused, what_is_nested_as_deep_as_may_be_is_read,
          too_much_text_is_refused, values_are_what_was_written, wrong_values_are_named,
          a_missing_member_is_named, numbers_are_taken_whole_or_not_at_all,
          what_is_shown_can_be_printed, what_is_written_can_be_read)
