/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The in-memory back end: see memory-partition.h. */
#include "tests/unit/memory-partition.h"

#include <errno.h>
#include <string.h>

#include "vtl/guest-copy.h"

static struct hv_u128 *find_register(void *machine, unsigned vp, unsigned vtl, uint32_t name)
{
    struct memory_partition *partition = machine;

    return &partition->registers[vp][vtl][bank_find(name) - bank_table];
}

static int get_register(void *machine, unsigned vp, unsigned vtl, uint32_t name,
                        struct hv_u128 *value)
{
    if (((struct memory_partition *)machine)->missing == name)
        return -ENOENT;
    *value = *find_register(machine, vp, vtl, name);
    return 0;
}

static int set_register(void *machine, unsigned vp, unsigned vtl, uint32_t name,
                        struct hv_u128 value)
{
    if (((struct memory_partition *)machine)->missing == name)
        return -ENOENT;
    *find_register(machine, vp, vtl, name) = value;
    return 0;
}

static bool is_ram(uint64_t gpa, size_t size)
{
    return gpa <= MEMORY_PARTITION_RAM && size <= MEMORY_PARTITION_RAM - gpa;
}

static int read_memory(void *machine, uint64_t gpa, void *buffer, size_t size)
{
    const struct memory_partition *partition = machine;

    if (!is_ram(gpa, size))
        return -EFAULT;
    guest_copy_in(buffer, partition->ram + gpa, size);
    return 0;
}

static int write_memory(void *machine, uint64_t gpa, const void *buffer, size_t size)
{
    struct memory_partition *partition = machine;

    if (!is_ram(gpa, size))
        return -EFAULT;
    guest_copy_out(partition->ram + gpa, buffer, size);
    return 0;
}

static int compare_exchange(void *machine, uint64_t gpa, uint64_t expected, uint64_t desired)
{
    struct memory_partition *partition = machine;
    uint64_t word;

    if (gpa % sizeof(word) || partition->tables_fixed ||
        read_memory(machine, gpa, &word, sizeof(word)) < 0)
        return -EFAULT;
    partition->exchanges++;
    if (partition->rivals) {
        partition->rivals--;
        word ^= partition->rival_bits;
        write_memory(machine, gpa, &word, sizeof(word));
    }
    return word == expected ? write_memory(machine, gpa, &desired, sizeof(desired)) : -EAGAIN;
}

static int set_bits(void *machine, uint64_t gpa, uint64_t bits, uint64_t *before)
{
    struct memory_partition *partition = machine;

    if (gpa % sizeof(bits) || !is_ram(gpa, sizeof(bits)))
        return -EFAULT;
    *before = __atomic_fetch_or((uint64_t *)(void *)(partition->ram + gpa), bits, __ATOMIC_SEQ_CST);
    return 0;
}

static int stop_vp(void *machine, unsigned caller, unsigned vp)
{
    struct memory_partition *partition = machine;

    g_assert(caller != vp && partition->stopped_vp < 0);
    if (partition->busy && partition->busy-- == 1)
        return -EBUSY;
    partition->stops++;
    partition->stopped_vp = (int)vp;
    return 0;
}

static void resume_vp(void *machine, unsigned vp)
{
    struct memory_partition *partition = machine;

    g_assert(partition->stopped_vp == (int)vp);
    partition->stopped_vp = -1;
}

static void stop_vtls(void *machine, uint16_t vtls)
{
    ((struct memory_partition *)machine)->stopped |= vtls;
}

static void resume_vtls(void *machine)
{
    ((struct memory_partition *)machine)->stopped = 0;
}

static int protect(void *machine, unsigned vtl, uint64_t page, uint64_t count, unsigned rights)
{
    struct memory_partition *partition = machine;

    g_assert(partition->stopped & 1u << vtl);
    if (partition->protect_fails && --partition->protect_fails == 0)
        return -ENOMEM;
    if (partition->protects < MEMORY_PARTITION_TOLD)
        partition->told[partition->protects] = (struct memory_protect){vtl, page, count, rights};
    partition->protects++;
    g_assert(page + count <= MEMORY_PARTITION_PROTECTABLE);
    memset(&partition->rights[vtl][page], (int)rights, count);
    return 0;
}

static uint64_t reference_time(void *machine)
{
    return ((struct memory_partition *)machine)->time;
}

static void set_timer(void *machine, unsigned vp, unsigned vtl, unsigned timer, uint64_t when)
{
    ((struct memory_partition *)machine)->timer[vp][vtl][timer] = when;
}

static uint64_t vp_runtime(void *machine, unsigned vp)
{
    return ((struct memory_partition *)machine)->runtime + vp;
}

static uint64_t counter_hz(void *machine)
{
    return ((struct memory_partition *)machine)->counter_hz;
}

static uint64_t redistributor(void *machine, unsigned vp)
{
    (void)machine;
    return MEMORY_PARTITION_GICR + 0x20000ull * vp;
}

static void note_context(struct memory_partition *partition, unsigned vp, unsigned vtl,
                         const struct vtl_initial_context *context)
{
    partition->last_vp = vp;
    partition->last_vtl = vtl;
    partition->context = *context;
}

static void prepare_vp(void *machine, unsigned vp, unsigned vtl,
                       const struct vtl_initial_context *context)
{
    struct memory_partition *partition = machine;

    partition->prepared++;
    note_context(partition, vp, vtl, context);
}

static int start_vp(void *machine, unsigned vp, unsigned vtl,
                    const struct vtl_initial_context *context)
{
    struct memory_partition *partition = machine;

    if (partition->running[vp])
        return -EALREADY;
    partition->started++;
    partition->running[vp] = true;
    note_context(partition, vp, vtl, context);
    return 0;
}

static int assert_interrupt(void *machine, unsigned vp, unsigned vtl, uint32_t intid)
{
    struct memory_partition *partition = machine;

    if (intid == MEMORY_PARTITION_TIMER)
        return -EPERM;
    partition->interrupt[vp][vtl].count++;
    partition->interrupt[vp][vtl].intid = intid;
    partition->interrupt[vp][vtl].timer =
        partition->core->vps[vp].level[vtl].stimers.timer[0].config;
    return partition->interrupt_error;
}

static int set_interrupt_line(void *machine, unsigned vp, unsigned vtl, uint32_t intid,
                              bool asserted)
{
    struct memory_partition *partition = machine;

    if (intid == MEMORY_PARTITION_TIMER || intid >= MEMORY_PARTITION_INTIDS)
        return -EPERM;
    partition->line[vtl].count++;
    partition->line[vtl].vp = vp;
    partition->line[vtl].intid = intid;
    partition->line[vtl].asserted = asserted;
    return 0;
}

static int flush_tlb(void *machine, unsigned vtl)
{
    struct memory_partition *partition = machine;

    if (partition->flush_fails)
        return -ENOMEM;
    partition->flushes[vtl]++;
    return 0;
}

static bool is_suspended(void *machine, unsigned vp, unsigned vtl)
{
    return ((struct memory_partition *)machine)->suspended[vp][vtl];
}

/* The VTL that runs cannot be. */
static int suspend(void *machine, unsigned vp, unsigned vtl, bool on)
{
    struct memory_partition *partition = machine;

    if (partition->core->vps[vp].active == vtl)
        return -EBUSY;
    partition->suspended[vp][vtl] = on;
    return 0;
}

static void kick_vp(void *machine, unsigned vp)
{
    struct memory_partition *partition = machine;

    partition->kicks[vp]++;
}

static void crashed(void *machine, unsigned vp, unsigned vtl, const struct vtl_crash *crash)
{
    struct memory_partition *partition = machine;

    (void)vp;
    partition->crashes++;
    partition->crash_vtl = vtl;
    partition->crash = *crash;
}

static const struct vtl_backend backend = {
    .get_register = get_register,
    .set_register = set_register,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .compare_exchange = compare_exchange,
    .set_bits = set_bits,
    .stop_vp = stop_vp,
    .resume_vp = resume_vp,
    .stop_vtls = stop_vtls,
    .resume_vtls = resume_vtls,
    .protect = protect,
    .reference_time = reference_time,
    .set_timer = set_timer,
    .vp_runtime = vp_runtime,
    .counter_hz = counter_hz,
    .redistributor = redistributor,
    .prepare_vp = prepare_vp,
    .start_vp = start_vp,
    .assert_interrupt = assert_interrupt,
    .set_interrupt_line = set_interrupt_line,
    .flush_tlb = flush_tlb,
    .is_suspended = is_suspended,
    .suspend = suspend,
    .kick_vp = kick_vp,
    .crashed = crashed,
};

struct memory_partition *memory_partition_new(uint16_t enabled, unsigned boot_vtl)
{
    struct memory_partition *partition = g_new0(struct memory_partition, 1);

    g_assert(bank_table_size <= MEMORY_PARTITION_REGISTERS);
    partition->core =
        vtl_partition_new(MEMORY_PARTITION_VPS, enabled, VTL_LEVELS - 1, boot_vtl, &backend,
                          partition);
    partition->stopped_vp = -1;
    memset(partition->timer, 0xff, sizeof(partition->timer));
    vtl_partition_set_ram(partition->core, 0, MEMORY_PARTITION_PAGES);
    memset(partition->rights, HV_PAGE_ALL, sizeof(partition->rights));
    for (unsigned i = 0; i < MEMORY_PARTITION_VPS; i++)
        partition->core->vps[i].mpidr = i << 8;
    return partition;
}

/* As those of machines: what does not change is given, and known before. */
static struct vtl_partition *new_like(const struct vtl_partition *old)
{
    struct vtl_partition *core = vtl_partition_new(old->vp_count, old->enabled, old->maximum,
                                                   old->vps[0].active, old->backend, old->machine);

    core->services = old->services;
    core->zero_size = old->zero_size;
    core->vector_lengths = old->vector_lengths;
    vtl_partition_set_ram(core, old->protection.first_page, old->protection.page_count);
    for (unsigned i = 0; i < old->vp_count; i++)
        core->vps[i].mpidr = old->vps[i].mpidr;
    return core;
}

static GByteArray *save(const struct vtl_partition *core, const struct vmbus *bus)
{
    struct codec_writer writer = {g_byte_array_new()};

    vtl_partition_save(core, &writer);
    if (bus)
        vmbus_save(bus, &writer);
    return writer.bytes;
}

static void load(struct vtl_partition *core, struct vmbus *bus, const GByteArray *bytes)
{
    struct codec_reader reader;
    GError *error = NULL;

    codec_begin(&reader, bytes->data, bytes->len);
    vtl_partition_load(core, &reader, NULL);
    if (bus)
        vmbus_load(bus, &reader);
    if (!codec_end(&reader, &error))
        g_error("a state that has been saved cannot be loaded: %s", error->message);
}

/* What the back end was told must come to the same, with what it is told anew. */
static void tell(struct memory_partition *partition)
{
    struct memory_partition *before = g_memdup2(partition, sizeof(*partition));

    memset(partition->timer, 0xff, sizeof(partition->timer));
    memset(partition->rights, HV_PAGE_ALL, sizeof(partition->rights));
    partition->protects = MEMORY_PARTITION_TOLD; /* they are not the test's */
    g_assert(vtl_partition_tell(partition->core) == 0);
    partition->protects = before->protects;
    g_assert(memcmp(partition->timer, before->timer, sizeof(before->timer)) == 0);
    g_assert(memcmp(partition->rights, before->rights, sizeof(before->rights)) == 0);
    g_free(before);
}

void memory_partition_move(struct memory_partition *partition, struct vmbus **bus,
                           unsigned vtl, const struct vmbus_host *host)
{
    struct vtl_partition *core = new_like(partition->core);
    struct vmbus *moved = bus ? vmbus_new(core, vtl, host) : NULL;
    g_autoptr(GByteArray) bytes = save(partition->core, bus ? *bus : NULL);
    g_autoptr(GByteArray) again = NULL;

    load(core, moved, bytes);
    vtl_partition_free(partition->core);
    partition->core = core;
    tell(partition);
    if (bus) {
        vmbus_free(*bus);
        *bus = moved;
    }
    again = save(core, moved);
    /* Of a bus, what is due becomes different. */
    g_assert(again->len == bytes->len);
    g_assert(bus || memcmp(again->data, bytes->data, bytes->len) == 0);
}

/* The number of the timer that is first, of all there are. */
static unsigned first_timer(const struct memory_partition *partition)
{
    const uint64_t *when = &partition->timer[0][0][0];
    unsigned first = 0;

    for (unsigned i = 1; i < sizeof(partition->timer) / sizeof(*when); i++)
        if (when[i] < when[first])
            first = i;
    return first;
}

unsigned memory_partition_pass_time(struct memory_partition *partition, uint64_t time)
{
    uint64_t *when = &partition->timer[0][0][0];
    unsigned calls = 0, first;

    while (first = first_timer(partition), when[first] <= time && when[first] != STIMER_NEVER) {
        partition->time = MAX(partition->time, when[first]);
        when[first] = STIMER_NEVER;
        vtl_stimer_run(&partition->core->vps[first / HV_STIMERS / VTL_LEVELS],
                       first / HV_STIMERS % VTL_LEVELS, first % HV_STIMERS);
        calls++;
    }
    partition->time = MAX(partition->time, time);
    return calls;
}

void memory_partition_free(struct memory_partition *partition)
{
    vtl_partition_free(partition->core);
    g_free(partition);
}
