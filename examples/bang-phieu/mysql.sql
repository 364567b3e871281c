-- The same for MariaDB 10.5 and later (`insert … returning`): instants are datetime(6) in UTC, which the bridge reads as
-- 2026-11-24 01:15:00.000000.
create table phieu (
    id          bigint auto_increment primary key,
    ma_dong_bo  varchar(100) unique,
    phien_ban   bigint not null default 1,
    tao_luc     datetime(6) not null default (utc_timestamp(6)),
    sua_luc     datetime(6) not null default (utc_timestamp(6)),
    loai        varchar(10) not null default 'PA',
    kenh        varchar(10),
    tieu_de     text not null,
    noi_dung    mediumtext,
    linh_vuc    varchar(10),
    muc_do      varchar(10),
    nguoi_gui   text,
    dien_thoai  varchar(20),
    thu_dien_tu text,
    dia_chi     text,
    ma_xa       varchar(10),
    ngay_ma_xa  date,
    don_vi      varchar(20),
    tinh_trang  smallint not null default 1,
    ly_do       text,
    nhan_luc    datetime(6) not null default (utc_timestamp(6)),
    han         datetime(6),
    constraint dien_thoai check (dien_thoai regexp '^0[0-9]{9,10}$'),
    index (sua_luc)
) character set utf8mb4;

create table tra_loi (
    id         bigint auto_increment primary key,
    phieu_id   bigint not null,
    ma_dong_bo varchar(100) unique,
    noi_dung   mediumtext not null,
    nguoi      text,
    don_vi     varchar(20),
    luc        datetime(6) not null default (utc_timestamp(6)),
    foreign key (phieu_id) references phieu (id)
) character set utf8mb4;

create table tep (
    id         bigint auto_increment primary key,
    phieu_id   bigint not null,
    ma_dong_bo varchar(100) unique,
    ten        text not null,
    loai       text not null,
    kich_thuoc bigint not null,
    sha256     varchar(64) not null,
    noi_dung   longblob not null,
    foreign key (phieu_id) references phieu (id)
) character set utf8mb4;

create trigger dem_phien_ban before update on phieu for each row
    set new.phien_ban = old.phien_ban + 1, new.sua_luc = utc_timestamp(6);
create trigger tra_loi_them after insert on tra_loi for each row
    update phieu set phien_ban = phien_ban where id = new.phieu_id;
create trigger tra_loi_sua after update on tra_loi for each row
    update phieu set phien_ban = phien_ban where id = new.phieu_id;
create trigger tep_them after insert on tep for each row
    update phieu set phien_ban = phien_ban where id = new.phieu_id;
