/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wishes for firmware registers: fw-regs/election*.c. The input: 'w' and REG=VALUE, 's' and a list
 * of services, or 'j' and JSON. The host is one of today, with a register that nobody knows.
 */
#include "fw-regs/election.h"

#include "tests/fuzz/fuzz.h"

#define UNKNOWN (FW_ID_FEATURES | 4)

static void make_host(struct fw_host *host)
{
    fw_host_own(host);
    for (size_t i = 0; i < host->count; i++) {
        struct fw_host_reg *reg = &host->reg[i];

        if (reg->present)
            continue;
        reg->present = true;
        reg->limit = reg->reg->kind == FW_REG_BITMAP ? fw_reg_known(reg->reg)
                     : reg->id == FW_ID_PSCI         ? FW_PSCI(1, 3)
                                                     : 3;
        reg->value = reg->id == FW_ID_VENDOR_HYP_2 ? 0 : reg->limit;
    }
    host->reg[host->count++] = (struct fw_host_reg){
        .id = UNKNOWN, .present = true, .value = 1, .limit = 0x8000000000000003};
}

/* Whatever was accepted can be held, and comes back from the text that is made of it. */
static void check_election(const struct fw_election *election, const struct fw_host *host)
{
    struct fw_election again;
    g_autofree char *text = fw_election_to_json(election);
    g_autoptr(GPtrArray) wishes = fw_election_read(text, strlen(text), NULL);

    FUZZ_CHECK(wishes && wishes->len == election->count);
    fw_election_default(&again, host);
    for (guint i = 0; i < wishes->len; i++)
        FUZZ_CHECK(fw_election_wish(&again, host, wishes->pdata[i], NULL));
    for (size_t i = 0; i < election->count; i++) {
        FUZZ_CHECK(fw_election_check_register(host, election->reg[i].id, election->reg[i].value,
                                              NULL));
        FUZZ_CHECK(fw_election_value(&again, election->reg[i].id) == election->reg[i].value);
    }
}

static void try_file(struct fw_election *election, const struct fw_host *host, const char *text,
                     size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) wishes = fw_election_read(text, size, &error);

    FUZZ_CHECK(!wishes == !!error);
    for (guint i = 0; wishes && i < wishes->len; i++)
        fw_election_wish(election, host, wishes->pdata[i], NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = size ? g_strndup((const char *)data + 1, size - 1) : NULL;
    g_autoptr(GError) error = NULL;
    struct fw_election election;
    struct fw_host host;
    bool good = true;

    if (!size)
        return 0;
    make_host(&host);
    fw_election_default(&election, &host);
    if (*data == 'j')
        try_file(&election, &host, (const char *)data + 1, size - 1);
    else if (*data == 's')
        good = fw_election_wish_services(&election, &host, text, &error);
    else
        good = fw_election_wish(&election, &host, text, &error);
    FUZZ_CHECK(good == !error);
    check_election(&election, &host);
    fw_election_check(&election, &host, NULL);
    return 0;
}
