/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["baton-sync"] || ($protobuf.roots["baton-sync"] = {});

export const baton = $root.baton = (() => {

    /**
     * Namespace baton.
     * @exports baton
     * @namespace
     */
    const baton = {};

    baton.sync = (function() {

        /**
         * Namespace sync.
         * @memberof baton
         * @namespace
         */
        const sync = {};

        sync.Datagram = (function() {

            /**
             * Properties of a Datagram.
             * @typedef {Object} baton.sync.Datagram.$Properties
             * @property {number|null} [syncId] Datagram syncId
             * @property {string|null} [node] Datagram node
             * @property {number|null} [epoch] Datagram epoch
             * @property {baton.sync.Updates.$Properties|null} [updates] Datagram updates
             * @property {baton.sync.Hello.$Properties|null} [hello] Datagram hello
             * @property {baton.sync.Nack.$Properties|null} [nack] Datagram nack
             * @property {baton.sync.LostNotice.$Properties|null} [lostNotice] Datagram lostNotice
             * @property {baton.sync.BulkRequest.$Properties|null} [bulkRequest] Datagram bulkRequest
             * @property {baton.sync.BulkFetch.$Properties|null} [bulkFetch] Datagram bulkFetch
             * @property {baton.sync.BulkChunk.$Properties|null} [bulkChunk] Datagram bulkChunk
             * @property {baton.sync.Goodbye.$Properties|null} [goodbye] Datagram goodbye
             * @property {baton.sync.Ack.$Properties|null} [ack] Datagram ack
             * @property {baton.sync.Challenge.$Properties|null} [challenge] Datagram challenge
             * @property {baton.sync.Response.$Properties|null} [response] Datagram response
             * @property {baton.sync.Relay.$Properties|null} [relay] Datagram relay
             * @property {baton.sync.Signature.$Properties|null} [signature] Datagram signature
             * @property {"updates"|"hello"|"nack"|"lostNotice"|"bulkRequest"|"bulkFetch"|"bulkChunk"|"goodbye"|"ack"|"challenge"|"response"|"relay"} [body] Datagram body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Datagram.
             * @memberof baton.sync
             * @interface IDatagram
             * @augments baton.sync.Datagram.$Properties
             * @deprecated Use baton.sync.Datagram.$Properties instead.
             */

            /**
             * Narrowed shape of a Datagram.
             * @typedef {{
             *   syncId?: number|null;
             *   node?: string|null;
             *   epoch?: number|null;
             *   updates?: baton.sync.Updates.$Shape|null;
             *   hello?: baton.sync.Hello.$Shape|null;
             *   nack?: baton.sync.Nack.$Shape|null;
             *   lostNotice?: baton.sync.LostNotice.$Shape|null;
             *   bulkRequest?: baton.sync.BulkRequest.$Shape|null;
             *   bulkFetch?: baton.sync.BulkFetch.$Shape|null;
             *   bulkChunk?: baton.sync.BulkChunk.$Shape|null;
             *   goodbye?: baton.sync.Goodbye.$Shape|null;
             *   ack?: baton.sync.Ack.$Shape|null;
             *   challenge?: baton.sync.Challenge.$Shape|null;
             *   response?: baton.sync.Response.$Shape|null;
             *   relay?: baton.sync.Relay.$Shape|null;
             *   signature?: baton.sync.Signature.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "updates"; updates: baton.sync.Updates.$Shape; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "hello"; updates?: null; hello: baton.sync.Hello.$Shape; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "nack"; updates?: null; hello?: null; nack: baton.sync.Nack.$Shape; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "lostNotice"; updates?: null; hello?: null; nack?: null; lostNotice: baton.sync.LostNotice.$Shape; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "bulkRequest"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest: baton.sync.BulkRequest.$Shape; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "bulkFetch"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch: baton.sync.BulkFetch.$Shape; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "bulkChunk"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk: baton.sync.BulkChunk.$Shape; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "goodbye"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye: baton.sync.Goodbye.$Shape; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "ack"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack: baton.sync.Ack.$Shape; challenge?: null; response?: null; relay?: null }|{ body?: "challenge"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge: baton.sync.Challenge.$Shape; response?: null; relay?: null }|{ body?: "response"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response: baton.sync.Response.$Shape; relay?: null }|{ body?: "relay"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay: baton.sync.Relay.$Shape })
             * )} baton.sync.Datagram.$Shape
             */

            /**
             * Constructs a new Datagram.
             * @memberof baton.sync
             * @classdesc Represents a Datagram.
             * @constructor
             * @param {baton.sync.Datagram.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Datagram = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Datagram syncId.
             * @member {number} syncId
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.syncId = 0;

            /**
             * Datagram node.
             * @member {string} node
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.node = "";

            /**
             * Datagram epoch.
             * @member {number} epoch
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.epoch = 0;

            /**
             * Datagram updates.
             * @member {baton.sync.Updates.$Properties|null|undefined} updates
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.updates = null;

            /**
             * Datagram hello.
             * @member {baton.sync.Hello.$Properties|null|undefined} hello
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.hello = null;

            /**
             * Datagram nack.
             * @member {baton.sync.Nack.$Properties|null|undefined} nack
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.nack = null;

            /**
             * Datagram lostNotice.
             * @member {baton.sync.LostNotice.$Properties|null|undefined} lostNotice
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.lostNotice = null;

            /**
             * Datagram bulkRequest.
             * @member {baton.sync.BulkRequest.$Properties|null|undefined} bulkRequest
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.bulkRequest = null;

            /**
             * Datagram bulkFetch.
             * @member {baton.sync.BulkFetch.$Properties|null|undefined} bulkFetch
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.bulkFetch = null;

            /**
             * Datagram bulkChunk.
             * @member {baton.sync.BulkChunk.$Properties|null|undefined} bulkChunk
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.bulkChunk = null;

            /**
             * Datagram goodbye.
             * @member {baton.sync.Goodbye.$Properties|null|undefined} goodbye
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.goodbye = null;

            /**
             * Datagram ack.
             * @member {baton.sync.Ack.$Properties|null|undefined} ack
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.ack = null;

            /**
             * Datagram challenge.
             * @member {baton.sync.Challenge.$Properties|null|undefined} challenge
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.challenge = null;

            /**
             * Datagram response.
             * @member {baton.sync.Response.$Properties|null|undefined} response
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.response = null;

            /**
             * Datagram relay.
             * @member {baton.sync.Relay.$Properties|null|undefined} relay
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.relay = null;

            /**
             * Datagram signature.
             * @member {baton.sync.Signature.$Properties|null|undefined} signature
             * @memberof baton.sync.Datagram
             * @instance
             */
            Datagram.prototype.signature = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Datagram body.
             * @member {"updates"|"hello"|"nack"|"lostNotice"|"bulkRequest"|"bulkFetch"|"bulkChunk"|"goodbye"|"ack"|"challenge"|"response"|"relay"|undefined} body
             * @memberof baton.sync.Datagram
             * @instance
             */
            $Object.defineProperty(Datagram.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["updates", "hello", "nack", "lostNotice", "bulkRequest", "bulkFetch", "bulkChunk", "goodbye", "ack", "challenge", "response", "relay"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Datagram message. Does not implicitly {@link baton.sync.Datagram.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Datagram
             * @static
             * @param {baton.sync.Datagram.$Properties} message Datagram message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Datagram.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.syncId != null && $Object.hasOwnProperty.call(message, "syncId") && message.syncId !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.syncId);
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 3, wireType 1 =*/25).double(message.epoch);
                if (message.updates != null && $Object.hasOwnProperty.call(message, "updates"))
                    $root.baton.sync.Updates.encode(message.updates, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                    $root.baton.sync.Hello.encode(message.hello, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.nack != null && $Object.hasOwnProperty.call(message, "nack"))
                    $root.baton.sync.Nack.encode(message.nack, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.lostNotice != null && $Object.hasOwnProperty.call(message, "lostNotice"))
                    $root.baton.sync.LostNotice.encode(message.lostNotice, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.bulkRequest != null && $Object.hasOwnProperty.call(message, "bulkRequest"))
                    $root.baton.sync.BulkRequest.encode(message.bulkRequest, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.bulkFetch != null && $Object.hasOwnProperty.call(message, "bulkFetch"))
                    $root.baton.sync.BulkFetch.encode(message.bulkFetch, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.bulkChunk != null && $Object.hasOwnProperty.call(message, "bulkChunk"))
                    $root.baton.sync.BulkChunk.encode(message.bulkChunk, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                if (message.goodbye != null && $Object.hasOwnProperty.call(message, "goodbye"))
                    $root.baton.sync.Goodbye.encode(message.goodbye, writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
                if (message.ack != null && $Object.hasOwnProperty.call(message, "ack"))
                    $root.baton.sync.Ack.encode(message.ack, writer.uint32(/* id 12, wireType 2 =*/98).fork(), _depth + 1).ldelim();
                if (message.challenge != null && $Object.hasOwnProperty.call(message, "challenge"))
                    $root.baton.sync.Challenge.encode(message.challenge, writer.uint32(/* id 13, wireType 2 =*/106).fork(), _depth + 1).ldelim();
                if (message.response != null && $Object.hasOwnProperty.call(message, "response"))
                    $root.baton.sync.Response.encode(message.response, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
                if (message.signature != null && $Object.hasOwnProperty.call(message, "signature"))
                    $root.baton.sync.Signature.encode(message.signature, writer.uint32(/* id 15, wireType 2 =*/122).fork(), _depth + 1).ldelim();
                if (message.relay != null && $Object.hasOwnProperty.call(message, "relay"))
                    $root.baton.sync.Relay.encode(message.relay, writer.uint32(/* id 16, wireType 2 =*/130).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Datagram message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Datagram
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Datagram & baton.sync.Datagram.$Shape} Datagram
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Datagram.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Datagram();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.syncId = value;
                            else
                                delete message.syncId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.updates = $root.baton.sync.Updates.decode(reader, reader.size(), $undefined, _depth + 1, message.updates);
                            message.body = "updates";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.hello = $root.baton.sync.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                            message.body = "hello";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.nack = $root.baton.sync.Nack.decode(reader, reader.size(), $undefined, _depth + 1, message.nack);
                            message.body = "nack";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.lostNotice = $root.baton.sync.LostNotice.decode(reader, reader.size(), $undefined, _depth + 1, message.lostNotice);
                            message.body = "lostNotice";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.bulkRequest = $root.baton.sync.BulkRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.bulkRequest);
                            message.body = "bulkRequest";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.bulkFetch = $root.baton.sync.BulkFetch.decode(reader, reader.size(), $undefined, _depth + 1, message.bulkFetch);
                            message.body = "bulkFetch";
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.bulkChunk = $root.baton.sync.BulkChunk.decode(reader, reader.size(), $undefined, _depth + 1, message.bulkChunk);
                            message.body = "bulkChunk";
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            message.goodbye = $root.baton.sync.Goodbye.decode(reader, reader.size(), $undefined, _depth + 1, message.goodbye);
                            message.body = "goodbye";
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            message.ack = $root.baton.sync.Ack.decode(reader, reader.size(), $undefined, _depth + 1, message.ack);
                            message.body = "ack";
                            continue;
                        }
                    case 13: {
                            if (wireType !== 2)
                                break;
                            message.challenge = $root.baton.sync.Challenge.decode(reader, reader.size(), $undefined, _depth + 1, message.challenge);
                            message.body = "challenge";
                            continue;
                        }
                    case 14: {
                            if (wireType !== 2)
                                break;
                            message.response = $root.baton.sync.Response.decode(reader, reader.size(), $undefined, _depth + 1, message.response);
                            message.body = "response";
                            continue;
                        }
                    case 16: {
                            if (wireType !== 2)
                                break;
                            message.relay = $root.baton.sync.Relay.decode(reader, reader.size(), $undefined, _depth + 1, message.relay);
                            message.body = "relay";
                            continue;
                        }
                    case 15: {
                            if (wireType !== 2)
                                break;
                            message.signature = $root.baton.sync.Signature.decode(reader, reader.size(), $undefined, _depth + 1, message.signature);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Datagram;
        })();

        sync.Signature = (function() {

            /**
             * Properties of a Signature.
             * @typedef {Object} baton.sync.Signature.$Properties
             * @property {number|null} [keyId] Signature keyId
             * @property {number|null} [counter] Signature counter
             * @property {Uint8Array|null} [mac] Signature mac
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Signature.
             * @memberof baton.sync
             * @interface ISignature
             * @augments baton.sync.Signature.$Properties
             * @deprecated Use baton.sync.Signature.$Properties instead.
             */

            /**
             * Shape of a Signature.
             * @typedef {baton.sync.Signature.$Properties} baton.sync.Signature.$Shape
             */

            /**
             * Constructs a new Signature.
             * @memberof baton.sync
             * @classdesc Represents a Signature.
             * @constructor
             * @param {baton.sync.Signature.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Signature = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Signature keyId.
             * @member {number} keyId
             * @memberof baton.sync.Signature
             * @instance
             */
            Signature.prototype.keyId = 0;

            /**
             * Signature counter.
             * @member {number} counter
             * @memberof baton.sync.Signature
             * @instance
             */
            Signature.prototype.counter = 0;

            /**
             * Signature mac.
             * @member {Uint8Array} mac
             * @memberof baton.sync.Signature
             * @instance
             */
            Signature.prototype.mac = $util.newBuffer([]);

            /**
             * Encodes the specified Signature message. Does not implicitly {@link baton.sync.Signature.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Signature
             * @static
             * @param {baton.sync.Signature.$Properties} message Signature message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Signature.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.keyId != null && $Object.hasOwnProperty.call(message, "keyId") && message.keyId !== 0)
                    writer.uint32(/* id 1, wireType 5 =*/13).fixed32(message.keyId);
                if (message.counter != null && $Object.hasOwnProperty.call(message, "counter") && !$Object.is(message.counter, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.counter);
                if (message.mac != null && $Object.hasOwnProperty.call(message, "mac") && message.mac.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.mac);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Signature message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Signature
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Signature & baton.sync.Signature.$Shape} Signature
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Signature.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Signature();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 5)
                                break;
                            if (value = reader.fixed32())
                                message.keyId = value;
                            else
                                delete message.keyId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.counter = value;
                            else
                                delete message.counter;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.mac = value;
                            else
                                delete message.mac;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Signature;
        })();

        sync.Challenge = (function() {

            /**
             * Properties of a Challenge.
             * @typedef {Object} baton.sync.Challenge.$Properties
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Challenge.
             * @memberof baton.sync
             * @interface IChallenge
             * @augments baton.sync.Challenge.$Properties
             * @deprecated Use baton.sync.Challenge.$Properties instead.
             */

            /**
             * Shape of a Challenge.
             * @typedef {baton.sync.Challenge.$Properties} baton.sync.Challenge.$Shape
             */

            /**
             * Constructs a new Challenge.
             * @memberof baton.sync
             * @classdesc Represents a Challenge.
             * @constructor
             * @param {baton.sync.Challenge.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Challenge = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Encodes the specified Challenge message. Does not implicitly {@link baton.sync.Challenge.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Challenge
             * @static
             * @param {baton.sync.Challenge.$Properties} message Challenge message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Challenge.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Challenge message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Challenge
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Challenge & baton.sync.Challenge.$Shape} Challenge
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Challenge.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Challenge();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    reader.skipType(tag & 7, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Challenge;
        })();

        sync.Response = (function() {

            /**
             * Properties of a Response.
             * @typedef {Object} baton.sync.Response.$Properties
             * @property {string|null} [node] Response node
             * @property {number|null} [epoch] Response epoch
             * @property {number|null} [counter] Response counter
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Response.
             * @memberof baton.sync
             * @interface IResponse
             * @augments baton.sync.Response.$Properties
             * @deprecated Use baton.sync.Response.$Properties instead.
             */

            /**
             * Shape of a Response.
             * @typedef {baton.sync.Response.$Properties} baton.sync.Response.$Shape
             */

            /**
             * Constructs a new Response.
             * @memberof baton.sync
             * @classdesc Represents a Response.
             * @constructor
             * @param {baton.sync.Response.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Response = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Response node.
             * @member {string} node
             * @memberof baton.sync.Response
             * @instance
             */
            Response.prototype.node = "";

            /**
             * Response epoch.
             * @member {number} epoch
             * @memberof baton.sync.Response
             * @instance
             */
            Response.prototype.epoch = 0;

            /**
             * Response counter.
             * @member {number} counter
             * @memberof baton.sync.Response
             * @instance
             */
            Response.prototype.counter = 0;

            /**
             * Encodes the specified Response message. Does not implicitly {@link baton.sync.Response.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Response
             * @static
             * @param {baton.sync.Response.$Properties} message Response message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Response.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.counter != null && $Object.hasOwnProperty.call(message, "counter") && !$Object.is(message.counter, 0))
                    writer.uint32(/* id 3, wireType 1 =*/25).double(message.counter);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Response message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Response
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Response & baton.sync.Response.$Shape} Response
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Response.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Response();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.counter = value;
                            else
                                delete message.counter;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Response;
        })();

        sync.Life = (function() {

            /**
             * Properties of a Life.
             * @typedef {Object} baton.sync.Life.$Properties
             * @property {string|null} [node] Life node
             * @property {number|null} [epoch] Life epoch
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Life.
             * @memberof baton.sync
             * @interface ILife
             * @augments baton.sync.Life.$Properties
             * @deprecated Use baton.sync.Life.$Properties instead.
             */

            /**
             * Shape of a Life.
             * @typedef {baton.sync.Life.$Properties} baton.sync.Life.$Shape
             */

            /**
             * Constructs a new Life.
             * @memberof baton.sync
             * @classdesc Represents a Life.
             * @constructor
             * @param {baton.sync.Life.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Life = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Life node.
             * @member {string} node
             * @memberof baton.sync.Life
             * @instance
             */
            Life.prototype.node = "";

            /**
             * Life epoch.
             * @member {number} epoch
             * @memberof baton.sync.Life
             * @instance
             */
            Life.prototype.epoch = 0;

            /**
             * Encodes the specified Life message. Does not implicitly {@link baton.sync.Life.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Life
             * @static
             * @param {baton.sync.Life.$Properties} message Life message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Life.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Life message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Life
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Life & baton.sync.Life.$Shape} Life
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Life.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Life();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Life;
        })();

        sync.Position = (function() {

            /**
             * Properties of a Position.
             * @typedef {Object} baton.sync.Position.$Properties
             * @property {string|null} [node] Position node
             * @property {number|null} [epoch] Position epoch
             * @property {number|null} [sequence] Position sequence
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Position.
             * @memberof baton.sync
             * @interface IPosition
             * @augments baton.sync.Position.$Properties
             * @deprecated Use baton.sync.Position.$Properties instead.
             */

            /**
             * Shape of a Position.
             * @typedef {baton.sync.Position.$Properties} baton.sync.Position.$Shape
             */

            /**
             * Constructs a new Position.
             * @memberof baton.sync
             * @classdesc Represents a Position.
             * @constructor
             * @param {baton.sync.Position.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Position = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Position node.
             * @member {string} node
             * @memberof baton.sync.Position
             * @instance
             */
            Position.prototype.node = "";

            /**
             * Position epoch.
             * @member {number} epoch
             * @memberof baton.sync.Position
             * @instance
             */
            Position.prototype.epoch = 0;

            /**
             * Position sequence.
             * @member {number} sequence
             * @memberof baton.sync.Position
             * @instance
             */
            Position.prototype.sequence = 0;

            /**
             * Encodes the specified Position message. Does not implicitly {@link baton.sync.Position.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Position
             * @static
             * @param {baton.sync.Position.$Properties} message Position message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Position.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && !$Object.is(message.sequence, 0))
                    writer.uint32(/* id 3, wireType 1 =*/25).double(message.sequence);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Position message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Position
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Position & baton.sync.Position.$Shape} Position
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Position.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Position();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.sequence = value;
                            else
                                delete message.sequence;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Position;
        })();

        sync.Updates = (function() {

            /**
             * Properties of an Updates.
             * @typedef {Object} baton.sync.Updates.$Properties
             * @property {number|null} [sequence] Updates sequence
             * @property {Uint8Array|null} [changes] Updates changes
             * @property {boolean|null} [acknowledge] Updates acknowledge
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Updates.
             * @memberof baton.sync
             * @interface IUpdates
             * @augments baton.sync.Updates.$Properties
             * @deprecated Use baton.sync.Updates.$Properties instead.
             */

            /**
             * Shape of an Updates.
             * @typedef {baton.sync.Updates.$Properties} baton.sync.Updates.$Shape
             */

            /**
             * Constructs a new Updates.
             * @memberof baton.sync
             * @classdesc Represents an Updates.
             * @constructor
             * @param {baton.sync.Updates.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Updates = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Updates sequence.
             * @member {number} sequence
             * @memberof baton.sync.Updates
             * @instance
             */
            Updates.prototype.sequence = 0;

            /**
             * Updates changes.
             * @member {Uint8Array} changes
             * @memberof baton.sync.Updates
             * @instance
             */
            Updates.prototype.changes = $util.newBuffer([]);

            /**
             * Updates acknowledge.
             * @member {boolean} acknowledge
             * @memberof baton.sync.Updates
             * @instance
             */
            Updates.prototype.acknowledge = false;

            /**
             * Encodes the specified Updates message. Does not implicitly {@link baton.sync.Updates.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Updates
             * @static
             * @param {baton.sync.Updates.$Properties} message Updates message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Updates.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && !$Object.is(message.sequence, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.sequence);
                if (message.changes != null && $Object.hasOwnProperty.call(message, "changes") && message.changes.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.changes);
                if (message.acknowledge != null && $Object.hasOwnProperty.call(message, "acknowledge") && message.acknowledge !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.acknowledge);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Updates message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Updates
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Updates & baton.sync.Updates.$Shape} Updates
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Updates.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Updates();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.sequence = value;
                            else
                                delete message.sequence;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.changes = value;
                            else
                                delete message.changes;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.acknowledge = value;
                            else
                                delete message.acknowledge;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Updates;
        })();

        sync.Digest = (function() {

            /**
             * Properties of a Digest.
             * @typedef {Object} baton.sync.Digest.$Properties
             * @property {number|null} [entries] Digest entries
             * @property {number|null} [high] Digest high
             * @property {number|null} [low] Digest low
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Digest.
             * @memberof baton.sync
             * @interface IDigest
             * @augments baton.sync.Digest.$Properties
             * @deprecated Use baton.sync.Digest.$Properties instead.
             */

            /**
             * Shape of a Digest.
             * @typedef {baton.sync.Digest.$Properties} baton.sync.Digest.$Shape
             */

            /**
             * Constructs a new Digest.
             * @memberof baton.sync
             * @classdesc Represents a Digest.
             * @constructor
             * @param {baton.sync.Digest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Digest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Digest entries.
             * @member {number} entries
             * @memberof baton.sync.Digest
             * @instance
             */
            Digest.prototype.entries = 0;

            /**
             * Digest high.
             * @member {number} high
             * @memberof baton.sync.Digest
             * @instance
             */
            Digest.prototype.high = 0;

            /**
             * Digest low.
             * @member {number} low
             * @memberof baton.sync.Digest
             * @instance
             */
            Digest.prototype.low = 0;

            /**
             * Encodes the specified Digest message. Does not implicitly {@link baton.sync.Digest.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Digest
             * @static
             * @param {baton.sync.Digest.$Properties} message Digest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Digest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.entries != null && $Object.hasOwnProperty.call(message, "entries") && message.entries !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.entries);
                if (message.high != null && $Object.hasOwnProperty.call(message, "high") && message.high !== 0)
                    writer.uint32(/* id 2, wireType 5 =*/21).fixed32(message.high);
                if (message.low != null && $Object.hasOwnProperty.call(message, "low") && message.low !== 0)
                    writer.uint32(/* id 3, wireType 5 =*/29).fixed32(message.low);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Digest message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Digest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Digest & baton.sync.Digest.$Shape} Digest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Digest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Digest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.entries = value;
                            else
                                delete message.entries;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 5)
                                break;
                            if (value = reader.fixed32())
                                message.high = value;
                            else
                                delete message.high;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 5)
                                break;
                            if (value = reader.fixed32())
                                message.low = value;
                            else
                                delete message.low;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Digest;
        })();

        sync.Hello = (function() {

            /**
             * Properties of a Hello.
             * @typedef {Object} baton.sync.Hello.$Properties
             * @property {number|null} [lastSequence] Hello lastSequence
             * @property {number|null} [entries] Hello entries
             * @property {boolean|null} [tableComplete] Hello tableComplete
             * @property {boolean|null} [master] Hello master
             * @property {boolean|null} [acknowledge] Hello acknowledge
             * @property {baton.sync.Digest.$Properties|null} [digest] Hello digest
             * @property {Array.<baton.sync.Position.$Properties>|null} [heard] Hello heard
             * @property {boolean|null} [wasComplete] Hello wasComplete
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Hello.
             * @memberof baton.sync
             * @interface IHello
             * @augments baton.sync.Hello.$Properties
             * @deprecated Use baton.sync.Hello.$Properties instead.
             */

            /**
             * Shape of a Hello.
             * @typedef {baton.sync.Hello.$Properties} baton.sync.Hello.$Shape
             */

            /**
             * Constructs a new Hello.
             * @memberof baton.sync
             * @classdesc Represents a Hello.
             * @constructor
             * @param {baton.sync.Hello.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Hello = function (properties) {
                this.heard = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Hello lastSequence.
             * @member {number} lastSequence
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.lastSequence = 0;

            /**
             * Hello entries.
             * @member {number} entries
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.entries = 0;

            /**
             * Hello tableComplete.
             * @member {boolean} tableComplete
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.tableComplete = false;

            /**
             * Hello master.
             * @member {boolean} master
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.master = false;

            /**
             * Hello acknowledge.
             * @member {boolean} acknowledge
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.acknowledge = false;

            /**
             * Hello digest.
             * @member {baton.sync.Digest.$Properties|null|undefined} digest
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.digest = null;

            /**
             * Hello heard.
             * @member {Array.<baton.sync.Position.$Properties>} heard
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.heard = $util.emptyArray;

            /**
             * Hello wasComplete.
             * @member {boolean} wasComplete
             * @memberof baton.sync.Hello
             * @instance
             */
            Hello.prototype.wasComplete = false;

            /**
             * Encodes the specified Hello message. Does not implicitly {@link baton.sync.Hello.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Hello
             * @static
             * @param {baton.sync.Hello.$Properties} message Hello message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Hello.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence") && !$Object.is(message.lastSequence, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.lastSequence);
                if (message.entries != null && $Object.hasOwnProperty.call(message, "entries") && message.entries !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.entries);
                if (message.tableComplete != null && $Object.hasOwnProperty.call(message, "tableComplete") && message.tableComplete !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.tableComplete);
                if (message.master != null && $Object.hasOwnProperty.call(message, "master") && message.master !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.master);
                if (message.acknowledge != null && $Object.hasOwnProperty.call(message, "acknowledge") && message.acknowledge !== false)
                    writer.uint32(/* id 5, wireType 0 =*/40).bool(message.acknowledge);
                if (message.digest != null && $Object.hasOwnProperty.call(message, "digest"))
                    $root.baton.sync.Digest.encode(message.digest, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.heard != null && message.heard.length)
                    for (let i = 0; i < message.heard.length; ++i)
                        $root.baton.sync.Position.encode(message.heard[i], writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.wasComplete != null && $Object.hasOwnProperty.call(message, "wasComplete") && message.wasComplete !== false)
                    writer.uint32(/* id 8, wireType 0 =*/64).bool(message.wasComplete);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Hello
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Hello & baton.sync.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Hello.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Hello();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.lastSequence = value;
                            else
                                delete message.lastSequence;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.entries = value;
                            else
                                delete message.entries;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.tableComplete = value;
                            else
                                delete message.tableComplete;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.master = value;
                            else
                                delete message.master;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.acknowledge = value;
                            else
                                delete message.acknowledge;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.digest = $root.baton.sync.Digest.decode(reader, reader.size(), $undefined, _depth + 1, message.digest);
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if (!(message.heard && message.heard.length))
                                message.heard = [];
                            message.heard.push($root.baton.sync.Position.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.wasComplete = value;
                            else
                                delete message.wasComplete;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Hello;
        })();

        sync.Range = (function() {

            /**
             * Properties of a Range.
             * @typedef {Object} baton.sync.Range.$Properties
             * @property {number|null} [first] Range first
             * @property {number|null} [last] Range last
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Range.
             * @memberof baton.sync
             * @interface IRange
             * @augments baton.sync.Range.$Properties
             * @deprecated Use baton.sync.Range.$Properties instead.
             */

            /**
             * Shape of a Range.
             * @typedef {baton.sync.Range.$Properties} baton.sync.Range.$Shape
             */

            /**
             * Constructs a new Range.
             * @memberof baton.sync
             * @classdesc Represents a Range.
             * @constructor
             * @param {baton.sync.Range.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Range = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Range first.
             * @member {number} first
             * @memberof baton.sync.Range
             * @instance
             */
            Range.prototype.first = 0;

            /**
             * Range last.
             * @member {number} last
             * @memberof baton.sync.Range
             * @instance
             */
            Range.prototype.last = 0;

            /**
             * Encodes the specified Range message. Does not implicitly {@link baton.sync.Range.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Range
             * @static
             * @param {baton.sync.Range.$Properties} message Range message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Range.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.first != null && $Object.hasOwnProperty.call(message, "first") && !$Object.is(message.first, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.first);
                if (message.last != null && $Object.hasOwnProperty.call(message, "last") && !$Object.is(message.last, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.last);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Range message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Range
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Range & baton.sync.Range.$Shape} Range
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Range.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Range();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.first = value;
                            else
                                delete message.first;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.last = value;
                            else
                                delete message.last;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Range;
        })();

        sync.Nack = (function() {

            /**
             * Properties of a Nack.
             * @typedef {Object} baton.sync.Nack.$Properties
             * @property {string|null} [node] Nack node
             * @property {number|null} [epoch] Nack epoch
             * @property {Array.<baton.sync.Range.$Properties>|null} [ranges] Nack ranges
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Nack.
             * @memberof baton.sync
             * @interface INack
             * @augments baton.sync.Nack.$Properties
             * @deprecated Use baton.sync.Nack.$Properties instead.
             */

            /**
             * Shape of a Nack.
             * @typedef {baton.sync.Nack.$Properties} baton.sync.Nack.$Shape
             */

            /**
             * Constructs a new Nack.
             * @memberof baton.sync
             * @classdesc Represents a Nack.
             * @constructor
             * @param {baton.sync.Nack.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Nack = function (properties) {
                this.ranges = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Nack node.
             * @member {string} node
             * @memberof baton.sync.Nack
             * @instance
             */
            Nack.prototype.node = "";

            /**
             * Nack epoch.
             * @member {number} epoch
             * @memberof baton.sync.Nack
             * @instance
             */
            Nack.prototype.epoch = 0;

            /**
             * Nack ranges.
             * @member {Array.<baton.sync.Range.$Properties>} ranges
             * @memberof baton.sync.Nack
             * @instance
             */
            Nack.prototype.ranges = $util.emptyArray;

            /**
             * Encodes the specified Nack message. Does not implicitly {@link baton.sync.Nack.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Nack
             * @static
             * @param {baton.sync.Nack.$Properties} message Nack message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Nack.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.ranges != null && message.ranges.length)
                    for (let i = 0; i < message.ranges.length; ++i)
                        $root.baton.sync.Range.encode(message.ranges[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Nack message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Nack
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Nack & baton.sync.Nack.$Shape} Nack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Nack.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Nack();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.ranges && message.ranges.length))
                                message.ranges = [];
                            message.ranges.push($root.baton.sync.Range.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Nack;
        })();

        sync.LostNotice = (function() {

            /**
             * Properties of a LostNotice.
             * @typedef {Object} baton.sync.LostNotice.$Properties
             * @property {number|null} [oldestKept] LostNotice oldestKept
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LostNotice.
             * @memberof baton.sync
             * @interface ILostNotice
             * @augments baton.sync.LostNotice.$Properties
             * @deprecated Use baton.sync.LostNotice.$Properties instead.
             */

            /**
             * Shape of a LostNotice.
             * @typedef {baton.sync.LostNotice.$Properties} baton.sync.LostNotice.$Shape
             */

            /**
             * Constructs a new LostNotice.
             * @memberof baton.sync
             * @classdesc Represents a LostNotice.
             * @constructor
             * @param {baton.sync.LostNotice.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LostNotice = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LostNotice oldestKept.
             * @member {number} oldestKept
             * @memberof baton.sync.LostNotice
             * @instance
             */
            LostNotice.prototype.oldestKept = 0;

            /**
             * Encodes the specified LostNotice message. Does not implicitly {@link baton.sync.LostNotice.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.LostNotice
             * @static
             * @param {baton.sync.LostNotice.$Properties} message LostNotice message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LostNotice.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.oldestKept != null && $Object.hasOwnProperty.call(message, "oldestKept") && !$Object.is(message.oldestKept, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.oldestKept);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LostNotice message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.LostNotice
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.LostNotice & baton.sync.LostNotice.$Shape} LostNotice
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LostNotice.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.LostNotice();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.oldestKept = value;
                            else
                                delete message.oldestKept;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LostNotice;
        })();

        sync.BulkRequest = (function() {

            /**
             * Properties of a BulkRequest.
             * @typedef {Object} baton.sync.BulkRequest.$Properties
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a BulkRequest.
             * @memberof baton.sync
             * @interface IBulkRequest
             * @augments baton.sync.BulkRequest.$Properties
             * @deprecated Use baton.sync.BulkRequest.$Properties instead.
             */

            /**
             * Shape of a BulkRequest.
             * @typedef {baton.sync.BulkRequest.$Properties} baton.sync.BulkRequest.$Shape
             */

            /**
             * Constructs a new BulkRequest.
             * @memberof baton.sync
             * @classdesc Represents a BulkRequest.
             * @constructor
             * @param {baton.sync.BulkRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const BulkRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Encodes the specified BulkRequest message. Does not implicitly {@link baton.sync.BulkRequest.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.BulkRequest
             * @static
             * @param {baton.sync.BulkRequest.$Properties} message BulkRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            BulkRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a BulkRequest message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.BulkRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.BulkRequest & baton.sync.BulkRequest.$Shape} BulkRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            BulkRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.BulkRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    reader.skipType(tag & 7, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return BulkRequest;
        })();

        sync.BulkFetch = (function() {

            /**
             * Properties of a BulkFetch.
             * @typedef {Object} baton.sync.BulkFetch.$Properties
             * @property {string|null} [node] BulkFetch node
             * @property {number|null} [epoch] BulkFetch epoch
             * @property {number|null} [transfer] BulkFetch transfer
             * @property {number|null} [cursor] BulkFetch cursor
             * @property {number|null} [window] BulkFetch window
             * @property {boolean|null} [ownOnly] BulkFetch ownOnly
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a BulkFetch.
             * @memberof baton.sync
             * @interface IBulkFetch
             * @augments baton.sync.BulkFetch.$Properties
             * @deprecated Use baton.sync.BulkFetch.$Properties instead.
             */

            /**
             * Shape of a BulkFetch.
             * @typedef {baton.sync.BulkFetch.$Properties} baton.sync.BulkFetch.$Shape
             */

            /**
             * Constructs a new BulkFetch.
             * @memberof baton.sync
             * @classdesc Represents a BulkFetch.
             * @constructor
             * @param {baton.sync.BulkFetch.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const BulkFetch = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * BulkFetch node.
             * @member {string} node
             * @memberof baton.sync.BulkFetch
             * @instance
             */
            BulkFetch.prototype.node = "";

            /**
             * BulkFetch epoch.
             * @member {number} epoch
             * @memberof baton.sync.BulkFetch
             * @instance
             */
            BulkFetch.prototype.epoch = 0;

            /**
             * BulkFetch transfer.
             * @member {number} transfer
             * @memberof baton.sync.BulkFetch
             * @instance
             */
            BulkFetch.prototype.transfer = 0;

            /**
             * BulkFetch cursor.
             * @member {number} cursor
             * @memberof baton.sync.BulkFetch
             * @instance
             */
            BulkFetch.prototype.cursor = 0;

            /**
             * BulkFetch window.
             * @member {number} window
             * @memberof baton.sync.BulkFetch
             * @instance
             */
            BulkFetch.prototype.window = 0;

            /**
             * BulkFetch ownOnly.
             * @member {boolean} ownOnly
             * @memberof baton.sync.BulkFetch
             * @instance
             */
            BulkFetch.prototype.ownOnly = false;

            /**
             * Encodes the specified BulkFetch message. Does not implicitly {@link baton.sync.BulkFetch.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.BulkFetch
             * @static
             * @param {baton.sync.BulkFetch.$Properties} message BulkFetch message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            BulkFetch.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.transfer != null && $Object.hasOwnProperty.call(message, "transfer") && message.transfer !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.transfer);
                if (message.cursor != null && $Object.hasOwnProperty.call(message, "cursor") && message.cursor !== 0)
                    writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.cursor);
                if (message.window != null && $Object.hasOwnProperty.call(message, "window") && message.window !== 0)
                    writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.window);
                if (message.ownOnly != null && $Object.hasOwnProperty.call(message, "ownOnly") && message.ownOnly !== false)
                    writer.uint32(/* id 6, wireType 0 =*/48).bool(message.ownOnly);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a BulkFetch message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.BulkFetch
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.BulkFetch & baton.sync.BulkFetch.$Shape} BulkFetch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            BulkFetch.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.BulkFetch();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.transfer = value;
                            else
                                delete message.transfer;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.cursor = value;
                            else
                                delete message.cursor;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.window = value;
                            else
                                delete message.window;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.ownOnly = value;
                            else
                                delete message.ownOnly;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return BulkFetch;
        })();

        sync.BulkChunk = (function() {

            /**
             * Properties of a BulkChunk.
             * @typedef {Object} baton.sync.BulkChunk.$Properties
             * @property {number|null} [joinerEpoch] BulkChunk joinerEpoch
             * @property {number|null} [transfer] BulkChunk transfer
             * @property {number|null} [cursor] BulkChunk cursor
             * @property {number|null} [nextCursor] BulkChunk nextCursor
             * @property {boolean|null} [done] BulkChunk done
             * @property {Array.<baton.sync.Position.$Properties>|null} [asOf] BulkChunk asOf
             * @property {Array.<baton.sync.Life.$Properties>|null} [lives] BulkChunk lives
             * @property {Uint8Array|null} [records] BulkChunk records
             * @property {Uint8Array|null} [origins] BulkChunk origins
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a BulkChunk.
             * @memberof baton.sync
             * @interface IBulkChunk
             * @augments baton.sync.BulkChunk.$Properties
             * @deprecated Use baton.sync.BulkChunk.$Properties instead.
             */

            /**
             * Shape of a BulkChunk.
             * @typedef {baton.sync.BulkChunk.$Properties} baton.sync.BulkChunk.$Shape
             */

            /**
             * Constructs a new BulkChunk.
             * @memberof baton.sync
             * @classdesc Represents a BulkChunk.
             * @constructor
             * @param {baton.sync.BulkChunk.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const BulkChunk = function (properties) {
                this.asOf = [];
                this.lives = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * BulkChunk joinerEpoch.
             * @member {number} joinerEpoch
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.joinerEpoch = 0;

            /**
             * BulkChunk transfer.
             * @member {number} transfer
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.transfer = 0;

            /**
             * BulkChunk cursor.
             * @member {number} cursor
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.cursor = 0;

            /**
             * BulkChunk nextCursor.
             * @member {number} nextCursor
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.nextCursor = 0;

            /**
             * BulkChunk done.
             * @member {boolean} done
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.done = false;

            /**
             * BulkChunk asOf.
             * @member {Array.<baton.sync.Position.$Properties>} asOf
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.asOf = $util.emptyArray;

            /**
             * BulkChunk lives.
             * @member {Array.<baton.sync.Life.$Properties>} lives
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.lives = $util.emptyArray;

            /**
             * BulkChunk records.
             * @member {Uint8Array} records
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.records = $util.newBuffer([]);

            /**
             * BulkChunk origins.
             * @member {Uint8Array} origins
             * @memberof baton.sync.BulkChunk
             * @instance
             */
            BulkChunk.prototype.origins = $util.newBuffer([]);

            /**
             * Encodes the specified BulkChunk message. Does not implicitly {@link baton.sync.BulkChunk.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.BulkChunk
             * @static
             * @param {baton.sync.BulkChunk.$Properties} message BulkChunk message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            BulkChunk.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.joinerEpoch != null && $Object.hasOwnProperty.call(message, "joinerEpoch") && !$Object.is(message.joinerEpoch, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.joinerEpoch);
                if (message.transfer != null && $Object.hasOwnProperty.call(message, "transfer") && message.transfer !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.transfer);
                if (message.cursor != null && $Object.hasOwnProperty.call(message, "cursor") && message.cursor !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.cursor);
                if (message.nextCursor != null && $Object.hasOwnProperty.call(message, "nextCursor") && message.nextCursor !== 0)
                    writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.nextCursor);
                if (message.done != null && $Object.hasOwnProperty.call(message, "done") && message.done !== false)
                    writer.uint32(/* id 5, wireType 0 =*/40).bool(message.done);
                if (message.asOf != null && message.asOf.length)
                    for (let i = 0; i < message.asOf.length; ++i)
                        $root.baton.sync.Position.encode(message.asOf[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.lives != null && message.lives.length)
                    for (let i = 0; i < message.lives.length; ++i)
                        $root.baton.sync.Life.encode(message.lives[i], writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.records != null && $Object.hasOwnProperty.call(message, "records") && message.records.length)
                    writer.uint32(/* id 8, wireType 2 =*/66).bytes(message.records);
                if (message.origins != null && $Object.hasOwnProperty.call(message, "origins") && message.origins.length)
                    writer.uint32(/* id 9, wireType 2 =*/74).bytes(message.origins);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a BulkChunk message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.BulkChunk
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.BulkChunk & baton.sync.BulkChunk.$Shape} BulkChunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            BulkChunk.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.BulkChunk();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.joinerEpoch = value;
                            else
                                delete message.joinerEpoch;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.transfer = value;
                            else
                                delete message.transfer;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.cursor = value;
                            else
                                delete message.cursor;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.nextCursor = value;
                            else
                                delete message.nextCursor;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.done = value;
                            else
                                delete message.done;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if (!(message.asOf && message.asOf.length))
                                message.asOf = [];
                            message.asOf.push($root.baton.sync.Position.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if (!(message.lives && message.lives.length))
                                message.lives = [];
                            message.lives.push($root.baton.sync.Life.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.records = value;
                            else
                                delete message.records;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.origins = value;
                            else
                                delete message.origins;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return BulkChunk;
        })();

        sync.Ack = (function() {

            /**
             * Properties of an Ack.
             * @typedef {Object} baton.sync.Ack.$Properties
             * @property {string|null} [node] Ack node
             * @property {number|null} [epoch] Ack epoch
             * @property {number|null} [sequence] Ack sequence
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Ack.
             * @memberof baton.sync
             * @interface IAck
             * @augments baton.sync.Ack.$Properties
             * @deprecated Use baton.sync.Ack.$Properties instead.
             */

            /**
             * Shape of an Ack.
             * @typedef {baton.sync.Ack.$Properties} baton.sync.Ack.$Shape
             */

            /**
             * Constructs a new Ack.
             * @memberof baton.sync
             * @classdesc Represents an Ack.
             * @constructor
             * @param {baton.sync.Ack.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Ack = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Ack node.
             * @member {string} node
             * @memberof baton.sync.Ack
             * @instance
             */
            Ack.prototype.node = "";

            /**
             * Ack epoch.
             * @member {number} epoch
             * @memberof baton.sync.Ack
             * @instance
             */
            Ack.prototype.epoch = 0;

            /**
             * Ack sequence.
             * @member {number} sequence
             * @memberof baton.sync.Ack
             * @instance
             */
            Ack.prototype.sequence = 0;

            /**
             * Encodes the specified Ack message. Does not implicitly {@link baton.sync.Ack.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Ack
             * @static
             * @param {baton.sync.Ack.$Properties} message Ack message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Ack.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && !$Object.is(message.sequence, 0))
                    writer.uint32(/* id 3, wireType 1 =*/25).double(message.sequence);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Ack
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Ack & baton.sync.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Ack.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Ack();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.sequence = value;
                            else
                                delete message.sequence;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Ack;
        })();

        sync.Relay = (function() {

            /**
             * Properties of a Relay.
             * @typedef {Object} baton.sync.Relay.$Properties
             * @property {string|null} [node] Relay node
             * @property {number|null} [epoch] Relay epoch
             * @property {baton.sync.Updates.$Properties|null} [updates] Relay updates
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Relay.
             * @memberof baton.sync
             * @interface IRelay
             * @augments baton.sync.Relay.$Properties
             * @deprecated Use baton.sync.Relay.$Properties instead.
             */

            /**
             * Shape of a Relay.
             * @typedef {baton.sync.Relay.$Properties} baton.sync.Relay.$Shape
             */

            /**
             * Constructs a new Relay.
             * @memberof baton.sync
             * @classdesc Represents a Relay.
             * @constructor
             * @param {baton.sync.Relay.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Relay = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Relay node.
             * @member {string} node
             * @memberof baton.sync.Relay
             * @instance
             */
            Relay.prototype.node = "";

            /**
             * Relay epoch.
             * @member {number} epoch
             * @memberof baton.sync.Relay
             * @instance
             */
            Relay.prototype.epoch = 0;

            /**
             * Relay updates.
             * @member {baton.sync.Updates.$Properties|null|undefined} updates
             * @memberof baton.sync.Relay
             * @instance
             */
            Relay.prototype.updates = null;

            /**
             * Encodes the specified Relay message. Does not implicitly {@link baton.sync.Relay.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Relay
             * @static
             * @param {baton.sync.Relay.$Properties} message Relay message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Relay.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
                if (message.updates != null && $Object.hasOwnProperty.call(message, "updates"))
                    $root.baton.sync.Updates.encode(message.updates, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Relay message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Relay
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Relay & baton.sync.Relay.$Shape} Relay
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Relay.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Relay();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.updates = $root.baton.sync.Updates.decode(reader, reader.size(), $undefined, _depth + 1, message.updates);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Relay;
        })();

        sync.Goodbye = (function() {

            /**
             * Properties of a Goodbye.
             * @typedef {Object} baton.sync.Goodbye.$Properties
             * @property {number|null} [lastSequence] Goodbye lastSequence
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Goodbye.
             * @memberof baton.sync
             * @interface IGoodbye
             * @augments baton.sync.Goodbye.$Properties
             * @deprecated Use baton.sync.Goodbye.$Properties instead.
             */

            /**
             * Shape of a Goodbye.
             * @typedef {baton.sync.Goodbye.$Properties} baton.sync.Goodbye.$Shape
             */

            /**
             * Constructs a new Goodbye.
             * @memberof baton.sync
             * @classdesc Represents a Goodbye.
             * @constructor
             * @param {baton.sync.Goodbye.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Goodbye = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Goodbye lastSequence.
             * @member {number} lastSequence
             * @memberof baton.sync.Goodbye
             * @instance
             */
            Goodbye.prototype.lastSequence = 0;

            /**
             * Encodes the specified Goodbye message. Does not implicitly {@link baton.sync.Goodbye.verify|verify} messages.
             * @function encode
             * @memberof baton.sync.Goodbye
             * @static
             * @param {baton.sync.Goodbye.$Properties} message Goodbye message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Goodbye.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence") && !$Object.is(message.lastSequence, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.lastSequence);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Goodbye message from the specified reader or buffer.
             * @function decode
             * @memberof baton.sync.Goodbye
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.sync.Goodbye & baton.sync.Goodbye.$Shape} Goodbye
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Goodbye.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.sync.Goodbye();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.lastSequence = value;
                            else
                                delete message.lastSequence;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Goodbye;
        })();

        return sync;
    })();

    return baton;
})();

export {
  $root as default
};
