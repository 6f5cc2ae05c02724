/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SynIC: its registers by hypercall (vtl/synic-registers.c), and messages into the message page
 * (vtl/synic.c).
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define REPS(count) ((uint64_t)(count) << 32)
#define SUCCESS REPS(1)

#define PAGE 0x3000u
#define OTHER_PAGE 0x5000u
#define SLOT(page, sint) ((page) + (sint) * 0x100u)
#define SINT 2
#define PPI 0x12u

static struct memory_partition *partition;

static struct vtl_vp *vp(unsigned index)
{
    return &partition->core->vps[index];
}

static uint64_t set(unsigned target, unsigned vtl, uint32_t name, uint64_t value)
{
    struct smccc_registers registers = {
        {HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         target | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, name, 0, value, 0}};

    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    return registers.x[0];
}

static uint64_t get(unsigned target, unsigned vtl, uint32_t name)
{
    struct smccc_registers registers = {
        {HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         target | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, name}};

    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    ck_assert_uint_eq(registers.x[0], SUCCESS);
    return registers.x[15];
}

static void set_ok(unsigned target, unsigned vtl, uint32_t name, uint64_t value)
{
    ck_assert_uint_eq(set(target, vtl, name, value), SUCCESS);
}

static void enable(unsigned target, unsigned vtl, uint64_t page)
{
    set_ok(target, vtl, HV_REGISTER_SCONTROL, HV_SCONTROL_ENABLE);
    set_ok(target, vtl, HV_REGISTER_SIMP, page | HV_PAGE_REGISTER_ENABLE);
    set_ok(target, vtl, HV_REGISTER_SINT0 + SINT, PPI);
}

static void eom(void)
{
    set_ok(0, 0, HV_REGISTER_EOM, 0);
}

static void set_up(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 2, 2);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
}

static void set_up_enabled(void)
{
    set_up();
    enable(0, 0, PAGE);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

/* Message @number: its payload's size and content follow from it. */
static struct hv_message make(uint32_t number)
{
    struct hv_message message = {.type = number, .payload_size = (uint8_t)(number % 241),
                                 .sender = number * 3ull};

    memset(message.payload, (uint8_t)number, message.payload_size);
    return message;
}

static enum synic_result post(uint32_t number)
{
    struct hv_message message = make(number);

    return synic_post(vp(0), 0, SINT, &message);
}

static struct hv_message *slot(uint64_t page, unsigned sint)
{
    return (struct hv_message *)(void *)(partition->ram + SLOT(page, sint));
}

static struct hv_message *own_slot(void)
{
    return slot(PAGE, SINT);
}

static void expect(const struct hv_message *found, uint32_t number, uint8_t flags)
{
    struct hv_message message = make(number);

    message.flags = flags;
    ck_assert_mem_eq(found, &message,
                     offsetof(struct hv_message, payload) + message.payload_size);
}

static unsigned interrupts(void)
{
    return partition->interrupt[0][0].count;
}

/* --- Registers -------------------------------------------------------------------------------- */

START_TEST(reset_values)
{
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        ck_assert_uint_eq(get(0, 0, HV_REGISTER_SINT0 + i), 0x10000);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_SCONTROL), 0);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_SVERSION), 1);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_SIEFP), 0);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_SIMP), 0);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_EOM), 0);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_SIRBP), 0);
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_PRIVILEGES_AND_FEATURES) >> 2 & 1, 1); /* SynicRegs */
    ck_assert_str_eq(hv_register_text(HV_REGISTER_SINT0 + 15), "Sint15");
}
END_TEST

/* What is written, the answer, and what is read afterwards. */
static const struct {
    uint32_t name;
    uint64_t value;
    uint64_t result;
    uint64_t after;
} writes[] = {
    {HV_REGISTER_SINT0, 0x10, SUCCESS, 0x10},
    {HV_REGISTER_SINT0 + 15, 0xff, SUCCESS, 0xff},
    {HV_REGISTER_SINT0 + 1, 0x40012, SUCCESS, 0x40012}, /* polling */
    {HV_REGISTER_SINT0, 0x10000, SUCCESS, 0x10000},
    {HV_REGISTER_SINT0, 0x1000f, SUCCESS, 0x1000f}, /* masked: any vector */
    {HV_REGISTER_SINT0, 0xf, HV_STATUS_INVALID_PARAMETER, 0x10000},
    {HV_REGISTER_SINT0, 0, HV_STATUS_INVALID_PARAMETER, 0x10000},
    {HV_REGISTER_SINT0, 0x112, HV_STATUS_INVALID_REGISTER_VALUE, 0x10000},
    {HV_REGISTER_SINT0, 0x8012, HV_STATUS_INVALID_REGISTER_VALUE, 0x10000},
    {HV_REGISTER_SINT0, 0x20012, HV_STATUS_INVALID_REGISTER_VALUE, 0x10000},  /* auto-EOI */
    {HV_REGISTER_SINT0, 0x80012, HV_STATUS_INVALID_REGISTER_VALUE, 0x10000},  /* intercept */
    {HV_REGISTER_SINT0, 0x100012, HV_STATUS_INVALID_REGISTER_VALUE, 0x10000}, /* proxy */
    {HV_REGISTER_SINT0, 1ull << 63 | 0x12, HV_STATUS_INVALID_REGISTER_VALUE, 0x10000},
    {HV_REGISTER_SCONTROL, 1, SUCCESS, 1},
    {HV_REGISTER_SCONTROL, 2, HV_STATUS_INVALID_REGISTER_VALUE, 0},
    {HV_REGISTER_SVERSION, 1, HV_STATUS_INVALID_PARAMETER, 1},
    {HV_REGISTER_SIMP, PAGE | 1, SUCCESS, PAGE | 1},
    {HV_REGISTER_SIMP, PAGE, SUCCESS, PAGE},
    {HV_REGISTER_SIMP, ~0xffeull, SUCCESS, ~0xffeull}, /* no memory there */
    {HV_REGISTER_SIMP, PAGE | 3, HV_STATUS_INVALID_REGISTER_VALUE, 0},
    {HV_REGISTER_SIMP, PAGE | 0x801, HV_STATUS_INVALID_REGISTER_VALUE, 0},
    {HV_REGISTER_SIEFP, PAGE | 1, SUCCESS, PAGE | 1},
    {HV_REGISTER_SIEFP, PAGE | 3, HV_STATUS_INVALID_REGISTER_VALUE, 0},
    {HV_REGISTER_SIRBP, PAGE | 1, SUCCESS, PAGE | 1},
    {HV_REGISTER_SIRBP, PAGE | 3, HV_STATUS_INVALID_REGISTER_VALUE, 0},
    {HV_REGISTER_EOM, 0x1234, SUCCESS, 0},
};

START_TEST(written)
{
    ck_assert_uint_eq(set(0, 0, writes[_i].name, writes[_i].value), writes[_i].result);
    ck_assert_uint_eq(get(0, 0, writes[_i].name), writes[_i].after);
}
END_TEST

/* Nothing is shared between VPs or VTLs. */
START_TEST(each_has_its_own)
{
    set_ok(1, 2, HV_REGISTER_SIMP, PAGE | 1);
    set_ok(1, 2, HV_REGISTER_SINT0 + 3, PPI);
    ck_assert_uint_eq(get(1, 2, HV_REGISTER_SIMP), PAGE | 1);
    ck_assert_uint_eq(get(1, 0, HV_REGISTER_SIMP), 0);
    ck_assert_uint_eq(get(0, 2, HV_REGISTER_SIMP), 0);
    ck_assert_uint_eq(get(1, 0, HV_REGISTER_SINT0 + 3), 0x10000);
    vp(0)->active = 0;
    ck_assert_uint_eq(set(1, 2, HV_REGISTER_SIMP, 0), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(page_is_cleared)
{
    static const uint8_t zeroes[0x1000];

    memset(partition->ram + PAGE - 1, 0xee, 0x1002);
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE);
    ck_assert_uint_eq(partition->ram[PAGE], 0xee);
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE | 1);
    ck_assert_mem_eq(partition->ram + PAGE, zeroes, sizeof(zeroes));
    ck_assert_uint_eq(partition->ram[PAGE - 1], 0xee);
    ck_assert_uint_eq(partition->ram[PAGE + 0x1000], 0xee);
    partition->ram[PAGE] = 1; /* writing the same once more clears nothing */
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE | 1);
    ck_assert_uint_eq(partition->ram[PAGE], 1);
}
END_TEST

/* --- Messages --------------------------------------------------------------------------------- */

START_TEST(delivered)
{
    memset(own_slot()->payload, 0xee, HV_MESSAGE_PAYLOAD);
    ck_assert_int_eq(post(100), SYNIC_DELIVERED);
    expect(own_slot(), 100, 0);
    ck_assert_uint_eq(own_slot()->payload[100], 0xee); /* no more than the payload */
    ck_assert_uint_eq(interrupts(), 1);
    ck_assert_uint_eq(partition->interrupt[0][0].intid, PPI);
    ck_assert_uint_eq(slot(PAGE, SINT - 1)->type, 0);
    ck_assert_uint_eq(slot(PAGE, SINT + 1)->type, 0);
    eom();
    expect(own_slot(), 100, 0);
    ck_assert_uint_eq(interrupts(), 1);
}
END_TEST

START_TEST(largest_payload)
{
    ck_assert_int_eq(post(240), SYNIC_DELIVERED);
    expect(own_slot(), 240, 0);
    ck_assert_uint_eq(slot(PAGE, SINT + 1)->type, 0);
}
END_TEST

START_TEST(malformed)
{
    struct hv_message message = make(1);

    ck_assert_int_eq(synic_post(vp(0), 0, HV_SYNIC_SINTS, &message), SYNIC_REFUSED);
    ck_assert_int_eq(synic_post(vp(0), VTL_LEVELS, SINT, &message), SYNIC_REFUSED);
    message.payload_size = HV_MESSAGE_PAYLOAD + 1;
    ck_assert_int_eq(synic_post(vp(0), 0, SINT, &message), SYNIC_REFUSED);
    message.payload_size = 0;
    message.type = HV_MESSAGE_NONE;
    ck_assert_int_eq(synic_post(vp(0), 0, SINT, &message), SYNIC_REFUSED);
    ck_assert_uint_eq(own_slot()->type, 0);
    ck_assert_uint_eq(interrupts(), 0);
}
END_TEST

/* Flags and reserved bytes are the SynIC's, not the sender's. */
START_TEST(header_is_cleaned)
{
    struct hv_message message = make(1);

    message.flags = 0xff;
    memset(message.zero, 0xff, sizeof(message.zero));
    ck_assert_int_eq(synic_post(vp(0), 0, SINT, &message), SYNIC_DELIVERED);
    expect(own_slot(), 1, 0);
}
END_TEST

START_TEST(busy_slot)
{
    post(1);
    ck_assert_int_eq(post(2), SYNIC_QUEUED);
    ck_assert_int_eq(post(3), SYNIC_QUEUED);
    expect(own_slot(), 1, HV_MESSAGE_FLAG_PENDING);
    eom(); /* too early */
    expect(own_slot(), 1, HV_MESSAGE_FLAG_PENDING);
    ck_assert_uint_eq(interrupts(), 1);
    own_slot()->type = 0;
    eom();
    expect(own_slot(), 2, HV_MESSAGE_FLAG_PENDING);
    ck_assert_uint_eq(interrupts(), 2);
    own_slot()->type = 0;
    eom();
    expect(own_slot(), 3, 0);
    ck_assert_uint_eq(interrupts(), 3);
}
END_TEST

/* A new message pushes an older one into the empty slot. */
START_TEST(post_retries)
{
    post(1);
    post(2);
    own_slot()->type = 0;
    ck_assert_int_eq(post(3), SYNIC_QUEUED);
    expect(own_slot(), 2, HV_MESSAGE_FLAG_PENDING);
    ck_assert_uint_eq(interrupts(), 2);
}
END_TEST

START_TEST(full_queue)
{
    post(1);
    for (uint32_t i = 2; i < 2 + SYNIC_QUEUE_LENGTH; i++)
        ck_assert_int_eq(post(i), SYNIC_QUEUED);
    ck_assert_int_eq(post(99), SYNIC_REFUSED);
    own_slot()->type = 0;
    ck_assert_int_eq(post(2 + SYNIC_QUEUE_LENGTH), SYNIC_QUEUED); /* one has left */
    for (uint32_t i = 2; i <= 2 + SYNIC_QUEUE_LENGTH; i++) {
        expect(own_slot(), i, i < 2 + SYNIC_QUEUE_LENGTH);
        own_slot()->type = 0;
        eom();
    }
    ck_assert_uint_eq(own_slot()->type, 0);
}
END_TEST

/* Each SINT has a queue of its own, and one EOM serves all. */
START_TEST(sints_are_independent)
{
    struct hv_message message = make(7);

    set_ok(0, 0, HV_REGISTER_SINT0 + 5, 0x25);
    post(1);
    post(2);
    ck_assert_int_eq(synic_post(vp(0), 0, 5, &message), SYNIC_DELIVERED);
    ck_assert_int_eq(synic_post(vp(0), 0, 5, &message), SYNIC_QUEUED);
    ck_assert_uint_eq(partition->interrupt[0][0].intid, 0x25);
    own_slot()->type = 0;
    slot(PAGE, 5)->type = 0;
    eom();
    expect(own_slot(), 2, 0);
    expect(slot(PAGE, 5), 7, 0);
}
END_TEST

/* VPs and VTLs do not get each other's messages or interrupts, and EOM is for one of them. */
START_TEST(levels_are_independent)
{
    struct hv_message message = make(7);

    enable(1, 2, OTHER_PAGE);
    ck_assert_int_eq(synic_post(vp(1), 2, SINT, &message), SYNIC_DELIVERED);
    ck_assert_int_eq(synic_post(vp(1), 2, SINT, &message), SYNIC_QUEUED);
    ck_assert_uint_eq(own_slot()->type, 0);
    ck_assert_uint_eq(interrupts(), 0);
    ck_assert_uint_eq(partition->interrupt[1][2].count, 1);
    slot(OTHER_PAGE, SINT)->type = 0;
    eom();
    ck_assert_uint_eq(slot(OTHER_PAGE, SINT)->type, 0);
    set_ok(1, 2, HV_REGISTER_EOM, 0);
    expect(slot(OTHER_PAGE, SINT), 7, 0);
}
END_TEST

/* What holds messages back, and what lets them go. */
static const struct {
    uint32_t name;
    uint64_t off, on;
} switches[] = {
    {HV_REGISTER_SCONTROL, 0, 1},
    {HV_REGISTER_SIMP, PAGE, PAGE | 1},
    {HV_REGISTER_SINT0 + SINT, HV_SINT_MASKED | PPI, PPI},
};

START_TEST(held_back)
{
    set_ok(0, 0, switches[_i].name, switches[_i].off);
    ck_assert_int_eq(post(1), SYNIC_QUEUED);
    ck_assert_int_eq(post(2), SYNIC_QUEUED);
    eom();
    ck_assert_uint_eq(own_slot()->type, 0);
    ck_assert_uint_eq(interrupts(), 0);
    set_ok(0, 0, switches[_i].name, switches[_i].on);
    expect(own_slot(), 1, HV_MESSAGE_FLAG_PENDING);
    ck_assert_uint_eq(interrupts(), 1);
}
END_TEST

START_TEST(polling)
{
    set_ok(0, 0, HV_REGISTER_SINT0 + SINT, HV_SINT_POLLING | PPI);
    ck_assert_int_eq(post(1), SYNIC_DELIVERED);
    expect(own_slot(), 1, 0);
    ck_assert_uint_eq(interrupts(), 0);
}
END_TEST

START_TEST(page_without_memory)
{
    static const uint64_t pages[] = {MEMORY_PARTITION_RAM, ~0xfffull};

    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
        set_ok(0, 0, HV_REGISTER_SIMP, pages[i] | 1);
    ck_assert_int_eq(post(1), SYNIC_QUEUED);
    ck_assert_uint_eq(interrupts(), 0);
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE | 1);
    expect(own_slot(), 1, 0);
}
END_TEST

/* --- The back end's view ---------------------------------------------------------------------- */

#define ACCESSES 8
static struct {
    const struct vtl_backend *real;
    struct vtl_backend backend;
    unsigned count;
    struct {
        uint64_t gpa;
        size_t size;
    } write[ACCESSES];
    bool read_only;
    uint32_t *empty_at_flags; /* a guest that empties its slot while it is being marked */
} spy;

static int spy_write(void *machine, uint64_t gpa, const void *buffer, size_t size)
{
    if (spy.read_only)
        return -EFAULT;
    if (spy.count < ACCESSES) {
        spy.write[spy.count].gpa = gpa;
        spy.write[spy.count].size = size;
    }
    spy.count++;
    if (spy.empty_at_flags && size == 1)
        *spy.empty_at_flags = 0;
    return spy.real->write_memory(machine, gpa, buffer, size);
}

static int spy_interrupt(void *machine, unsigned target, unsigned vtl, uint32_t intid)
{
    const struct memory_partition *memory = machine;
    uint32_t type;

    memcpy(&type, memory->ram + SLOT(PAGE, SINT), sizeof(type));
    ck_assert_uint_ne(type, 0);
    return spy.real->assert_interrupt(machine, target, vtl, intid);
}

static void watch(void)
{
    memset(&spy, 0, sizeof(spy));
    spy.real = partition->core->backend;
    spy.backend = *spy.real;
    spy.backend.write_memory = spy_write;
    spy.backend.assert_interrupt = spy_interrupt;
    partition->core->backend = &spy.backend;
}

START_TEST(type_comes_last_then_the_interrupt)
{
    watch();
    post(100);
    ck_assert_uint_eq(spy.count, 2);
    ck_assert_uint_eq(spy.write[0].gpa, SLOT(PAGE, SINT) + 4);
    ck_assert_uint_eq(spy.write[0].size, 12 + 100);
    ck_assert_uint_eq(spy.write[1].gpa, SLOT(PAGE, SINT));
    ck_assert_uint_eq(spy.write[1].size, 4);
    ck_assert_uint_eq(interrupts(), 1);
}
END_TEST

START_TEST(rights_are_the_owners)
{
    struct hv_message message = make(1);

    enable(1, 2, OTHER_PAGE);
    watch();
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE | 0); /* VTL2 writes VTL0's register */
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE | 1);
    ck_assert_uint_eq(spy.write[0].size, 0x1000);
    post(1);
    spy.backend.assert_interrupt = spy.real->assert_interrupt;
    synic_post(vp(1), 2, SINT, &message);
}
END_TEST

START_TEST(page_becomes_read_only)
{
    watch();
    spy.read_only = true;
    ck_assert_int_eq(post(1), SYNIC_QUEUED);
    ck_assert_uint_eq(interrupts(), 0);
    spy.read_only = false;
    eom();
    expect(own_slot(), 1, 0);
}
END_TEST

/* The guest has emptied its slot before it could see the mark, so it will write no EOM. */
START_TEST(emptied_while_marked)
{
    post(1);
    watch();
    spy.empty_at_flags = &own_slot()->type;
    ck_assert_int_eq(post(2), SYNIC_DELIVERED);
    expect(own_slot(), 2, 0);
}
END_TEST

/* --- Posting while the guest reads ------------------------------------------------------------ */

#define BURSTS 2000u
#define PATIENCE_S 20

static struct {
    _Atomic uint32_t taken; /* messages that the guest has read */
    _Atomic bool stop;
    unsigned wrong, eoms;
} stress;

/* Takes a message as a guest does; false if there is none. */
static bool take(struct hv_message *message)
{
    struct hv_message *there = own_slot();
    uint32_t type = __atomic_load_n(&there->type, __ATOMIC_ACQUIRE);
    uint8_t flags;

    if (type == HV_MESSAGE_NONE)
        return false;
    *message = *there;
    __atomic_store_n(&there->type, HV_MESSAGE_NONE, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    flags = __atomic_load_n(&there->flags, __ATOMIC_SEQ_CST);
    if (flags & HV_MESSAGE_FLAG_PENDING) {
        stress.eoms++;
        stress.wrong += set(0, 0, HV_REGISTER_EOM, 0) != SUCCESS;
    }
    return true;
}

static void *guest(void *unused)
{
    struct hv_message message, right;

    (void)unused;
    while (!stress.stop) {
        if (!take(&message)) {
            g_thread_yield(); /* there may be but one processor */
            continue;
        }
        right = make(stress.taken + 1);
        message.flags = 0;
        stress.wrong += memcmp(&message, &right,
                               offsetof(struct hv_message, payload) + right.payload_size) != 0;
        stress.taken++;
    }
    return NULL;
}

/* Has the guest taken @count messages? Not if it waits for one that nobody delivers. */
static bool drained(uint32_t count)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

    while (stress.taken < count && g_get_monotonic_time() < end)
        g_thread_yield();
    return stress.taken == count;
}

/*
 * Bursts of one to five messages, with a pause until the guest has taken them all: it writes EOM
 * only when it is told to, and no later message helps the last one of a burst along.
 */
START_TEST(post_while_reading)
{
    GThread *thread = g_thread_new("guest", guest, NULL);
    uint32_t posted = 0;
    bool good = true;

    for (unsigned burst = 0; good && burst < BURSTS; burst++) {
        for (unsigned i = 0; i <= burst % 5; i++)
            good &= post(++posted) != SYNIC_REFUSED;
        good &= drained(posted);
    }
    stress.stop = true;
    g_thread_join(thread);
    ck_assert_msg(good, "%u posted, %u taken", posted, stress.taken);
    ck_assert_uint_eq(stress.wrong, 0);
    ck_assert_uint_eq(interrupts(), posted);
    ck_assert_uint_gt(stress.eoms, 0);
}
END_TEST

/* A partition may end with messages that nobody has read (the sanitizers look for leaks). */
START_TEST(end_with_queue)
{
    post(1);
    post(2);
    post(3);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, void (*before)(void))
{
    TCase *cases = tcase_create(name);

    tcase_add_checked_fixture(cases, before, tear_down);
    tcase_set_timeout(cases, 3 * PATIENCE_S);
    suite_add_tcase(suite, cases);
    return cases;
}

int main(void)
{
    static const TTest *const *const messages[] = {
        &delivered, &largest_payload, &malformed, &header_is_cleaned, &busy_slot, &post_retries,
        &full_queue, &sints_are_independent, &levels_are_independent, &polling,
        &page_without_memory, &type_comes_last_then_the_interrupt, &rights_are_the_owners,
        &page_becomes_read_only, &emptied_while_marked, &post_while_reading, &end_with_queue};
    Suite *suite = suite_create("synic");
    TCase *registers = add_case(suite, "registers", set_up);
    TCase *posted = add_case(suite, "messages", set_up_enabled);

    tcase_add_test(registers, reset_values);
    tcase_add_loop_test(registers, written, 0, G_N_ELEMENTS(writes));
    tcase_add_test(registers, each_has_its_own);
    tcase_add_test(registers, page_is_cleared);
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
        tcase_add_test(posted, *messages[i]);
    tcase_add_loop_test(posted, held_back, 0, G_N_ELEMENTS(switches));
    return unit_run(suite);
}
